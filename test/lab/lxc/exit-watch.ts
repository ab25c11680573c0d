import { type FSWatcher, mkdirSync, watch } from 'node:fs'

/**
 * Tells when a container has ended, whoever ended it: LXC removes the container's cgroup then. The listener is called with every VMID
 * whose cgroup came or went; what that means is for it to find out.
 */
export class ExitWatch {
  readonly #watcher: FSWatcher

  constructor(group: string, listener: (vmid: number) => void) {
    mkdirSync(group, { recursive: true })
    this.#watcher = watch(group, { persistent: false }, (_event, name) => {
      const vmid = /^lxc\.payload\.(\d+)/.exec(name ?? '')?.[1]
      if (vmid !== undefined) listener(Number(vmid))
    })
  }

  close(): void {
    this.#watcher.close()
  }
}
