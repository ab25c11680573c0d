import type { Cluster } from '../cluster.js'
import type { Node } from '../node.js'
import type { Flock } from '../process.js'
import type { Worker } from '../task.js'

/** Who calls: `id` is `root@pam` or the full token id `root@pam!name`. */
export interface Identity {
  readonly id: string
  readonly user: string
  readonly token?: string
}

/** What a method of the API sees of the call besides its parameters. */
export interface CallContext {
  readonly cluster: Cluster
  /** The node the method runs on. */
  readonly node: Node
  readonly identity: Identity
  /** `cli` when a tool on the node called: workers then run in the foreground and print to the terminal. */
  readonly environment: 'api' | 'cli'
  /** Throws a 403 ApiError unless the caller holds all (or, with `any`, one) of the privileges on the path. */
  check(path: string, privileges: readonly string[], options?: { readonly any?: boolean }): void
  /** The same question without an exception. */
  may(path: string, privileges: readonly string[], options?: { readonly any?: boolean }): boolean
  /**
   * Starts a worker and answers its UPID at once (PVE-FACTS 2.3). In the `cli` environment it runs in the foreground,
   * resolves when it has ended, and rejects with its error. `inherit`: a lock that the child keeps for its whole life.
   */
  forkWorker(
    type: string,
    id: string,
    run: (worker: Worker) => Promise<void>,
    options?: { readonly inherit?: Flock },
  ): Promise<string>
  /** Extra top-level keys of the answer, such as `total`. */
  setAttribute(name: 'total' | 'changes', value: unknown): void
}
