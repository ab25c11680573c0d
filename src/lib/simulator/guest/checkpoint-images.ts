import type { Container } from './container.js'
import { FileError } from './files/file-error.js'
import type { FileSystem } from './files/file-system.js'
import type { ProcessStart } from './machine/process.js'

/** What an image directory tells of the processes in it. */
export interface Image {
  readonly processes: readonly (ProcessStart & { readonly pid: number })[]
}

const INVENTORY = 'inventory.img'

/**
 * Dumps a container into a directory of the node, as CRIU through liblxc does: a directory that holds images already is
 * refused, and so is a container whose terminals have no master in it, which is how Proxmox makes them (PVE-FACTS 7.6). Throws
 * then, the container as it was.
 *
 * What a program had in its memory is no part of a simulated image: after a restore its processes are there by command line,
 * but do not go on.
 */
export function dumpContainer(container: Container, node: FileSystem, directory: string): void {
  const { vmid, terminals = 3 } = container.spec
  const failed = `lxc-checkpoint: ${vmid}: ../src/lxc/tools/lxc_checkpoint.c: checkpoint: 271 Checkpointing ${vmid} failed`
  if (node.exists(`${directory}/${INVENTORY}`)) {
    throw new Error(
      `lxc-checkpoint: ${vmid}: ../src/lxc/criu.c: do_dump: 1348 please use a fresh directory for the dump directory\n${failed}`,
    )
  }
  node.mkdirs(directory, 0o700)
  if (terminals > 0) {
    node.write(
      `${directory}/dump.log`,
      `(00.010000) Error (criu/tty.c:1869): tty: Unable to find a master for /3\n(00.012000) Error (criu/cr-dump.c:2111): Dumping FAILED.\n`,
      0o600,
    )
    throw new Error(`lxc-checkpoint: ${vmid}: ../src/lxc/criu.c: do_dump: 1440 dump failed with 1\n${failed}`)
  }
  const processes = container.processes
    .list()
    .map(({ pid, argv, environment, cwd, uid, gid, umask }) => ({ pid, argv, environment, cwd, uid, gid, umask }))
  const image: Image = { processes }
  node.write(`${directory}/${INVENTORY}`, JSON.stringify(image), 0o600)
  for (const { pid } of processes) node.write(`${directory}/core-${pid}.img`, `core ${pid}\n`, 0o600)
  node.write(`${directory}/pages-1.img`, new Uint8Array(4096 * processes.length), 0o600)
  node.write(`${directory}/dump.log`, '(00.100000) Dumping finished successfully\n', 0o600)
}

/** The image in a directory of the node. Throws when there is none. */
export function readImage(node: FileSystem, directory: string): Image {
  try {
    const image: Image = JSON.parse(node.readText(`${directory}/${INVENTORY}`))
    return image
  } catch (error) {
    if (!(error instanceof FileError) && !(error instanceof SyntaxError)) throw error
    throw new Error(`criu: can't read images in '${directory}'`, { cause: error })
  }
}

/** Gives a container that was just made the processes of an image. */
export function reviveProcesses(container: Container, image: Image): void {
  for (const process of image.processes) if (process.pid !== 1) container.processes.create(container.init, process)
}
