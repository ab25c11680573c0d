/** Why a checkpoint is no longer the other half of its container. */
export interface StaleReason {
  readonly id: 'node' | 'kernel' | 'criu' | 'config' | 'left-running' | 'restored' | 'task' | 'disk' | 'replaced'
  /** A sentence. */
  readonly what: string
}
