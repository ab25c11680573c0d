import type { Container } from './container.js'
import type { GuestSpec } from './guest-runtime.js'
import type { Process, ProcessStart } from './machine/process.js'

interface Image {
  readonly processes: readonly (ProcessStart & { readonly pid: number; readonly startedAt: number })[]
}

/**
 * CRIU's image directories. A default container cannot be dumped: its terminals have no master in it (PVE-FACTS 7.6). What a
 * program of the simulator had in its memory is no part of an image: after a restore the processes are there again, by
 * command line and pid, but they do not go on.
 */
export class CheckpointImages {
  readonly #images = new Map<string, Image>()

  /** Throws, leaving the container as it is, when its processes cannot be dumped. */
  dump(container: Container, directory: string): void {
    if (!isDumpable(container.spec))
      throw new Error(`command 'lxc-checkpoint -n ${container.spec.vmid} -s -D ${directory}' failed: exit code 1`)
    this.#images.set(directory, { processes: container.processes.list().map(state) })
  }

  find(directory: string): Image {
    const image = this.#images.get(directory)
    if (image === undefined) throw new Error(`no checkpoint in '${directory}'`)
    return image
  }

  /** Gives a container that was just made the processes of an image. */
  revive(container: Container, image: Image): void {
    for (const process of image.processes) if (process.pid !== 1) container.processes.create(container.init, process)
  }
}

/** Terminals are what stands in the way of a default container; nesting brings a systemd that CRIU cannot dump. */
function isDumpable(spec: GuestSpec): boolean {
  return spec.terminals === 0
}

function state(process: Process): Image['processes'][number] {
  const { pid, startedAt, argv, environment, cwd, uid, gid, umask } = process
  return { pid, startedAt, argv, environment, cwd, uid, gid, umask }
}
