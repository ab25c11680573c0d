import type { PoolContext } from '../context.js'
import type { GuestAccess } from '../guest-access.js'
import type { Pool } from '../pool.js'
import type { Demand, Supply } from '../supply.js'

/** Hands containers out and takes them back. */
export interface Allocator extends Pick<Pool, 'allocate' | 'release' | 'remove' | 'renew'>, Demand {
  /** From now on allocates are refused with `draining`. */
  drain(): void
  /** Allocates are taken again. */
  undrain(): void
}

export interface AllocatorOptions {
  readonly supply: Supply
  readonly guests?: GuestAccess
}

export type CreateAllocator = (context: PoolContext, options: AllocatorOptions) => Allocator
