import { die } from './api-error.js'

/** A resource pool (PVE-FACTS 5). */
export interface Pool {
  readonly poolid: string
  readonly comment?: string
  readonly vms: readonly number[]
  readonly storage: readonly string[]
}

/** The part of the engine's Table that pools need. Values are immutable. */
export interface PoolTable {
  get(key: string): Pool | undefined
  set(key: string, pool: Pool): unknown
  delete(key: string): unknown
  values(): Iterable<Pool>
}

/** Resource pools and who belongs to them. A container belongs to one pool at most, a storage to any number. */
export class Pools {
  readonly #table: PoolTable

  constructor(table: PoolTable) {
    this.#table = table
  }

  all(): readonly Pool[] {
    return [...this.#table.values()]
  }

  has(poolid: string): boolean {
    return this.#table.get(poolid) !== undefined
  }

  /** 500 `pool 'x' does not exist`. */
  get(poolid: string): Pool {
    return this.#table.get(poolid) ?? die(`pool '${poolid}' does not exist`)
  }

  put(pool: Pool): void {
    this.#table.set(pool.poolid, pool)
  }

  remove(poolid: string): void {
    this.#table.delete(poolid)
  }

  /** The pool of a container. */
  ofContainer(vmid: number): string | undefined {
    return this.all().find((pool) => pool.vms.includes(vmid))?.poolid
  }

  /** Pools whose rights reach an ACL path: `/vms/101`, `/storage/local`. */
  ofPath(path: string): readonly string[] {
    const [, kind, id] = /^\/(vms|storage)\/([^/]+)$/.exec(path) ?? []
    if (kind === undefined || id === undefined) return []
    const holds = (pool: Pool) => (kind === 'vms' ? pool.vms.includes(Number(id)) : pool.storage.includes(id))
    return this.all()
      .filter(holds)
      .map((pool) => pool.poolid)
  }

  /** ACL paths of every pool and every member. */
  memberPaths(): readonly string[] {
    return this.all().flatMap((pool) => [
      `/pool/${pool.poolid}`,
      ...pool.vms.map((vmid) => `/vms/${vmid}`),
      ...pool.storage.map((storage) => `/storage/${storage}`),
    ])
  }

  /** Moves a container into a pool. */
  addContainer(poolid: string, vmid: number): void {
    this.removeContainer(vmid)
    const pool = this.get(poolid)
    this.put({ ...pool, vms: [...pool.vms, vmid] })
  }

  removeContainer(vmid: number): void {
    const poolid = this.ofContainer(vmid)
    if (poolid === undefined) return
    const pool = this.get(poolid)
    this.put({ ...pool, vms: pool.vms.filter((other) => other !== vmid) })
  }
}
