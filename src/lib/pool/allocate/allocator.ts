import type { Vmid } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import type { GuestAccess } from '../guest-access.js'
import type { Pool } from '../pool.js'
import type { Demand, Supply } from '../supply.js'

/** Hands containers out and takes them back. */
export interface Allocator extends Pick<Pool, 'allocate' | 'release' | 'remove' | 'renew'>, Demand {
  /** From now on allocates, of one template or of all, are refused with `draining`; those that wait in line too. */
  drain(template?: Vmid): void
  /** Allocates are taken again. */
  undrain(): void
  /** Resolves when nothing goes on behind the answers: attempts whose outcome was not known, and claims of callers who left. */
  settled(): Promise<void>
}

export interface AllocatorOptions {
  readonly supply: Supply
  readonly guests?: GuestAccess
}

export type CreateAllocator = (context: PoolContext, options: AllocatorOptions) => Allocator
