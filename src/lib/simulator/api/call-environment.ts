import type { Cluster } from '../cluster.js'
import type { Node } from '../node.js'
import type { CallContext, Identity } from './call-context.js'

/** The terminal of a tool on the node, where workers print while they run. */
export interface CliContext {
  /** A line on standard output. */
  print(line: string): void
  /** A line on standard error. */
  warn(line: string): void
  /** A worker has started: what goes wrong from here on is its failure, not the call's. */
  onWorker?(upid: string): void
  /** Aborted when the terminal goes away or an interrupt is typed: ends a foreground worker. */
  readonly signal?: AbortSignal
}

/** The context that a method sees, for a call over HTTP or, with `cli`, of a tool on the node. */
export function callContext(call: {
  readonly cluster: Cluster
  readonly node: Node
  readonly identity: Identity
  readonly cli?: CliContext
  /** Where the method's extra top-level keys go. */
  readonly attributes?: Partial<Record<'total' | 'changes', unknown>>
}): CallContext {
  const { cluster, node, identity, cli, attributes } = call
  return {
    cluster,
    node,
    identity,
    environment: cli === undefined ? 'api' : 'cli',
    check: (path, privileges, options) => cluster.access.check(identity, path, privileges, options),
    may: (path, privileges, options) => cluster.access.may(identity, path, privileges, options),
    async forkWorker(type, id, run, options = {}) {
      const output = cli === undefined ? {} : { output: (line: string) => cli.print(line) }
      const worker = node.fork({ type, id, user: identity.id, run, ...options, ...output })
      cli?.onWorker?.(worker.upid)
      if (cli !== undefined) await inForeground(worker, cli)
      return worker.upid
    },
    setAttribute(name, value) {
      if (attributes !== undefined) attributes[name] = value
    },
  }
}

/** Waits for the worker's end; its error is the caller's (PVE-FACTS 7.1). */
async function inForeground(worker: ReturnType<Node['fork']>, cli: CliContext): Promise<void> {
  const interrupt = () => worker.interrupt()
  cli.signal?.addEventListener('abort', interrupt, { once: true })
  const { error, warnings } = await worker.finished
  cli.signal?.removeEventListener('abort', interrupt)
  if (error !== undefined) throw error
  if (warnings > 0) cli.warn(`Task finished with ${warnings} warning(s)!`)
}
