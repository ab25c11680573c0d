import type { PveClient } from '../pve/client.js'

/**
 * Free VMIDs to try. Proxmox reserves none: creating the container is the claim, so `already exists` means the next candidate
 * (PVE-FACTS 5). Should the same one be offered again after that, the callers who collided spread over ever more numbers.
 */
export class VmidCandidates {
  readonly #client: PveClient
  readonly #random: () => number
  readonly #taken = new Set<number>()

  constructor(client: PveClient, random: () => number) {
    this.#client = client
    this.#random = random
  }

  async next(): Promise<number> {
    let candidate: number = await this.#client.cluster.nextId()
    while (this.#taken.has(candidate)) candidate += 1 + Math.floor(this.#random() * this.#taken.size)
    return candidate
  }

  /** Somebody else has it. */
  reject(vmid: number): void {
    this.#taken.add(vmid)
  }
}
