/**
 * Why no answer came.
 * - `unreachable`: no connection was made (in time)
 * - `lost`: the connection ended before the answer was complete
 * - `silent`: the server did not answer in time
 * - `too-large`: the answer exceeds what a Proxmox ever sends
 * - `untrusted`: the certificate is not trusted
 */
export type TransportFailure = 'unreachable' | 'lost' | 'silent' | 'too-large' | 'untrusted'

/** No HTTP answer came back. Holds no header and no parameter, so it never holds the token. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: TransportFailure
  /** Whether any byte of the request may have reached the server: then it may be carried out. */
  readonly sent: boolean
  readonly hint: string | undefined

  constructor(failure: TransportFailure, message: string, details: { sent: boolean; hint?: string; cause?: unknown }) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.failure = failure
    this.sent = details.sent
    this.hint = details.hint
  }
}
