import type { Executor } from '../executor/executor.js'
import type { ServiceContext } from '../instance/service-context.js'

/** What services take that work on the nodes themselves: `lxc-checkpoint` and the images are there, and the API knows neither. */
export interface CriuContext extends ServiceContext {
  /** A shell of root on a node, the same one every time: whoever made the context closes it. */
  readonly nodeShell: (node: string) => Promise<Executor>
  /** Told what is about to be done on a node, as a command line; under `client.dryRun` told it only. */
  readonly onNodeCommand?: (node: string, command: string) => void
}
