import type { ConfigEntry } from '../../src/lib/simulator/container-configs.js'

/** A change of the last moments, in milliseconds, is a race that nobody can win: Proxmox deletes without a digest. */
const RACE = 50

/** Which daemon has read which configuration in which state. */
export class Sightings {
  readonly #now: () => number
  readonly #find: (vmid: number) => ConfigEntry | undefined
  readonly #seen = new Map<string, ConfigEntry>()
  readonly #changes = new Map<number, { readonly by: string; readonly at: number; readonly to: ConfigEntry }>()

  constructor(now: () => number, find: (vmid: number) => ConfigEntry | undefined) {
    this.#now = now
    this.#find = find
  }

  /** It was answered with the configuration as it is now. */
  read(daemon: string, vmid: number): void {
    const entry = this.#find(vmid)
    if (entry !== undefined) this.#seen.set(`${daemon} ${vmid}`, entry)
  }

  /** It changed the configuration just now. */
  changed(daemon: string, vmid: number): void {
    const to = this.#find(vmid)
    if (to !== undefined) this.#changes.set(vmid, { by: daemon, at: this.#now(), to })
  }

  /** Whether it has read the configuration as it is now, or somebody else was faster by a moment. */
  isSeen(daemon: string, vmid: number): boolean {
    const entry = this.#find(vmid)
    if (this.#seen.get(`${daemon} ${vmid}`)?.config === entry?.config) return true
    const change = this.#changes.get(vmid)
    // Somebody else's: an operator's, a task's.
    if (change?.to.config !== entry?.config) return true
    return change?.by !== daemon && this.#now() - (change?.at ?? 0) <= RACE
  }
}
