import type { Cluster } from '../cluster.js'
import type { ApiMethod, HttpMethod } from './method.js'
import type { Registry } from './registry.js'
import type { ApiOutcome, ApiRequest } from './request.js'

/** The terminal of a tool on the node, where workers print while they run. */
export interface CliContext {
  /** A line on standard output. */
  print(line: string): void
  /** A line on standard error. */
  warn(line: string): void
  /** Aborted when the terminal goes away or an interrupt is typed: ends a foreground worker. */
  readonly signal?: AbortSignal
}

/** Answers API requests: authentication, look-up, permissions, node, daemon, validation, method (PVE-FACTS 1.4). */
export class ApiRouter {
  readonly registry: Registry

  constructor(cluster: Cluster, methods?: readonly ApiMethod[]) {
    throw new Error(`not yet: ${cluster} ${methods}`)
  }

  /** One request over HTTP. Never rejects. */
  call(request: ApiRequest): Promise<ApiOutcome> {
    throw new Error(`not yet: ${request.url}`)
  }

  /**
   * A call of a tool on the node, as root@pam and with its workers in the foreground. Answers the method's data.
   * `parameters` are texts as typed; path parameters come from `path`. Rejects with the ApiError of the method or worker.
   */
  invoke(
    node: string,
    method: HttpMethod,
    path: string,
    parameters: Readonly<Record<string, unknown>>,
    cli: CliContext,
  ): Promise<unknown> {
    throw new Error(`not yet: ${node} ${method} ${path} ${parameters} ${cli}`)
  }
}
