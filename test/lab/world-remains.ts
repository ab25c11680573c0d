import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** By what a world can be recognised from outside, also after its end. */
export interface WorldTraces {
  readonly directory: string
  readonly group: string
  /** `net:[4026532181]` and the others. */
  readonly namespaces: readonly string[]
}

const KINDS = ['mnt', 'pid', 'net', 'uts', 'ipc']

/** The traces of the world whose process 1 is `processId` here. */
export function tracesOf(processId: number, directory: string, group: string): WorldTraces {
  return { directory, group, namespaces: namespacesOf(processId) }
}

/** Everything of a world that can be found on this machine: a line for each process, mount, loop device, cgroup and file. */
export function worldRemains({ directory, group, namespaces }: WorldTraces): readonly string[] {
  const own = new Set(namespaces)
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => namespacesOf(Number(name)).some((namespace) => own.has(namespace)))
  const mounts = lines('/proc/self/mountinfo').filter((line) => line.includes(directory))
  const devices = readdirSync('/sys/block')
    .filter((name) => name.startsWith('loop'))
    .filter((name) => lines(`/sys/block/${name}/loop/backing_file`).some((line) => line.startsWith(directory)))
  const groups = lines('/proc/mounts')
    .map((line) => line.split(' '))
    .filter(([, , type]) => type === 'cgroup2')
    .map(([, mountPoint = '']) => join(mountPoint, group))
  return [
    ...processes.map((processId) => `process ${processId}: ${lines(`/proc/${processId}/comm`).join('')}`),
    ...mounts.map((line) => `mount ${line}`),
    ...devices.map((name) => `loop device ${name}`),
    ...groups.filter((path) => existsSync(path)).map((path) => `cgroup ${path}`),
    ...(existsSync(directory) ? [`folder ${directory}`] : []),
  ]
}

/** Nothing for a process that has gone in the meantime. */
function namespacesOf(processId: number): readonly string[] {
  try {
    return KINDS.map((kind) => readlinkSync(`/proc/${processId}/ns/${kind}`))
  } catch {
    return []
  }
}

function lines(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n').filter(Boolean)
  } catch {
    return []
  }
}
