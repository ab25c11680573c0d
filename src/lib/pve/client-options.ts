import type { Clock } from '../clock.js'
import type { WireParameters } from './encoding.js'
import type { Transport } from './transport.js'

/** A call that changes something, as a dry run reports it. */
export interface PlannedCall {
  readonly method: string
  /** Below /api2/json. */
  readonly path: string
  readonly parameters: WireParameters
}

export interface PveClientOptions {
  readonly clock?: Clock
  /** Instead of HTTPS to the URL of the settings. */
  readonly transport?: Transport
  /** Told of each call that changes something: before it is sent, or instead of that in a dry run. */
  readonly onCall?: (call: PlannedCall) => void
  /** Told what is missing from a result, e.g. a node that could not list its containers. */
  readonly onWarning?: (message: string) => void
  /** Reads are sent; changes are only reported and answered with a synthetic UPID. */
  readonly dryRun?: boolean
  /** Makes the id that a created container carries. */
  readonly operationId?: () => string
  /** Once aborted, every call of this client rejects with its reason. */
  readonly signal?: AbortSignal
  /** Milliseconds that a call may take, a change 10 s at least; absent: what the transport allows. What a change did that took longer is found out by one look. */
  readonly patience?: number
  /** For the jitter of retries: 0 <= n < 1. */
  readonly random?: () => number
}
