import type { Container } from './container.js'
import { dumpObstacle, restoreObstacle } from './criu-obstacles.js'
import { FileError } from './files/file-error.js'
import type { FileSystem } from './files/file-system.js'
import type { GuestSpec } from './guest-runtime.js'
import type { ProcessStart } from './machine/process.js'
import { statisticsFile } from './statistics-image.js'

/** What an image directory tells of the processes in it. */
export interface Image {
  /** Of this one dump. */
  readonly id: string
  readonly processes: readonly (ProcessStart & { readonly pid: number; readonly parent: number })[]
}

const INVENTORY = 'inventory.img'
const PAGE = 4096
/** Pages that the memory of a simulated process has. */
const PAGES = 16

/**
 * Dumps a container into a directory of the node, as CRIU through liblxc does: a directory that holds images already is
 * refused, and so is a container that holds what criu cannot dump (PVE-FACTS 7.6, LAB-FACTS). Throws then, the container as it was, part
 * of the images and dump.log left behind.
 */
export function dumpContainer(container: Container, node: FileSystem, directory: string): Image {
  const { vmid, node: host } = container.spec
  const failed = `lxc-checkpoint: ${vmid}: ../src/lxc/tools/lxc_checkpoint.c: checkpoint: 271 Checkpointing ${vmid} failed`
  if (node.exists(`${directory}/${INVENTORY}`)) {
    throw new Error(
      `lxc-checkpoint: ${vmid}: ../src/lxc/criu.c: do_dump: 1348 please use a fresh directory for the dump directory\n${failed}`,
    )
  }
  node.mkdirs(directory, 0o700)
  const write = (name: string, data: string | Uint8Array) => node.write(`${directory}/${name}`, data, 0o600)
  const obstacle = dumpObstacle(container)
  if (obstacle !== undefined) {
    write('seccomp.img', 'seccomp\n')
    write('dump.log', log(host, [...obstacle, 'Error (criu/cr-dump.c:2111): Dumping FAILED.']))
    throw new Error(`lxc-checkpoint: ${vmid}: ../src/lxc/criu.c: do_dump: 1440 dump failed with 1\n${failed}`)
  }
  const processes = container.processes.list()
  const image: Image = {
    id: container.random.hex(32),
    processes: processes.map(({ pid, parent, argv, environment, cwd, uid, gid, umask }) => {
      return { pid, parent: parent?.pid ?? 0, argv, environment, cwd, uid, gid, umask }
    }),
  }
  for (const { pid } of processes) {
    write(`core-${pid}.img`, `core ${pid} ${image.id}\n`)
    write(`mm-${pid}.img`, `mm ${pid}\n`)
    write(`pagemap-${pid}.img`, `pagemap ${pid} ${PAGES}\n`)
  }
  write('pages-1.img', memory(image.id, PAGE * PAGES * processes.length))
  write('pstree.img', `${image.processes.map(({ pid, parent }) => `${pid} ${parent}`).join('\n')}\n`)
  write('files.img', 'files\n')
  write('tty-info.img', 'tty\n')
  write('stats-dump', statisticsFile(PAGES * processes.length))
  // A log of a success has such lines too (LAB-FACTS, finding 2).
  write('dump.log', log(host, ['Error (criu/util.c:641): exited, status=1', 'Dumping finished successfully']))
  write(INVENTORY, JSON.stringify(image))
  return image
}

/**
 * What a restore begins from. Throws, with restore.log written, when there are no images, when they are damaged, and when criu could not
 * restore this container here.
 */
export function openImage(spec: GuestSpec, node: FileSystem, directory: string): Image {
  const refuse = (said: readonly string[], cause?: unknown): never => {
    if (node.find(directory)?.kind === 'directory') {
      const lines = log(spec.node, [...said, 'Error (criu/cr-restore.c:2605): Restoring FAILED.'])
      node.write(`${directory}/restore.log`, lines, 0o600)
    }
    const routine = `lxc-checkpoint: ${spec.vmid}: ../src/lxc/criu.c: do_restore`
    throw new Error(`${routine}: 1190 criu process exited 1, output:\n${said.at(-1) ?? ''}`, { cause })
  }
  let image: Image
  try {
    image = JSON.parse(node.readText(`${directory}/${INVENTORY}`))
  } catch (error) {
    if (!(error instanceof FileError) && !(error instanceof SyntaxError)) throw error
    const problem =
      error instanceof FileError ? `Can't open ${INVENTORY}: No such file or directory` : 'Unexpected magic'
    return refuse([`Error (criu/image.c:138): ${problem}`], error)
  }
  for (const { pid } of image.processes) {
    if (node.find(`${directory}/core-${pid}.img`) === undefined)
      return refuse([`Error (criu/image.c:138): Can't open core-${pid}.img: No such file or directory`])
  }
  const obstacle = restoreObstacle(spec)
  if (obstacle !== undefined) return refuse(obstacle)
  node.write(
    `${directory}/restore.log`,
    log(spec.node, ['Error (criu/util.c:641): exited, status=1', 'Restore finished successfully. Tasks resumed.']),
    0o600,
  )
  return image
}

/** Gives a container that was just made the processes of an image: they are there by command line, but do not go on. */
export function reviveProcesses(container: Container, image: Image): void {
  for (const { parent, ...process } of image.processes) {
    if (process.pid !== 1)
      container.processes.revive(process.pid, container.processes.get(parent) ?? container.init, process)
  }
}

/** Bytes that look like memory: most of it empty. */
function memory(id: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let at = 0; at < size; at += PAGE) bytes.set(Buffer.from(id), at)
  return bytes
}

function log(node: string, said: readonly string[]): string {
  const lines = [
    'Version: 4.1.1 (gitid 0)',
    `Running on ${node} Linux 6.14.8-2-pve`,
    'Loaded kdat cache from /run/criu.kdat',
  ]
  return [...lines, ...said].map((line, index) => `(00.${String(index * 12_345).padStart(6, '0')}) ${line}\n`).join('')
}
