/** What one client may take of the service. Milliseconds, bytes, connections. */
export interface HttpLimits {
  readonly body: number
  /** From the first byte of a request to the end of its head. */
  readonly head: number
  /** From the first byte of a request to its last. */
  readonly request: number
  /** That an idle connection is kept. Longer than the two minutes that proxies keep theirs: the side that sends closes first. */
  readonly keepAlive: number
  /** That a connection may be without any byte, while an allocate waits as well. */
  readonly silence: number
  /** Beyond these the one that has been without a request for longest goes. */
  readonly connections: number
  /** Streams of /events. */
  readonly listeners: number
  /** Bad requests of one address in a minute before they are only counted. */
  readonly failures: number
}

export const HTTP_LIMITS: HttpLimits = {
  body: 64 * 1024,
  head: 10_000,
  request: 20_000,
  keepAlive: 125_000,
  silence: 660_000,
  connections: 4_096,
  listeners: 64,
  failures: 60,
}
