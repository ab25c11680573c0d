import { parseArguments } from '../../guest/commands/arguments.js'
import { FileError } from '../../guest/files/file-error.js'
import type { NodeTool } from './tool.js'

/** `lxc-cgroup -n VMID KEY [VALUE]`: reads or writes a limit of a running container. */
export const lxcCgroup: NodeTool = async (argv, { shell, out, err }) => {
  const options = parseArguments(argv, ['n', 'name', 'P', 'lxcpath'], { posix: false })
  const name = options.value('n', 'name') ?? ''
  const [key = '', value] = options.operands
  const path = `/sys/fs/cgroup/lxc/${name}/${key}`
  const fail = async (line: number, what: string) => {
    await err(`lxc-cgroup: ${name}: ../src/lxc/tools/lxc_cgroup.c: main: ${line} ${what}\n`)
    return 1
  }
  if (!shell.files.exists(`/sys/fs/cgroup/lxc/${name}`)) return fail(127, `'${name}' is not running`)
  try {
    if (value !== undefined) shell.files.write(path, value)
    else await out(shell.files.readText(path))
    return 0
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return value === undefined
      ? fail(148, `failed to retrieve value of '${key}' for '${name}'`)
      : fail(134, `failed to assign '${value}' value to '${key}' for '${name}'`)
  }
}
