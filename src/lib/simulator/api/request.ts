import type { HttpMethod } from './method.js'

/** A request up to its body. */
export interface RequestHead {
  readonly method: HttpMethod
  /** Path and query, as in the request line. */
  readonly url: string
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}

/** A request as it came in, whatever carried it. */
export interface ApiRequest extends RequestHead {
  readonly body: Buffer
}

/** What goes back: the transport adds its own headers. */
export interface ApiAnswer {
  readonly status: number
  /** One line: the phrase of the status line. */
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  /** It came through another daemon: two Connection headers (PVE-FACTS 9). */
  readonly proxied?: boolean
}

/** `drop`: the connection ends without an answer. */
export type ApiOutcome = ApiAnswer | 'drop'
