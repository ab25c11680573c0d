import type { Cluster } from '../../cluster.js'
import type { ProgramContext } from '../../guest/machine/program.js'
import type { Node } from '../../node.js'
import type { NodeApi } from './node-api.js'

/** What a tool of the node has: the node it runs on, its API, and a terminal or pipes. */
export interface ToolIo {
  readonly cluster: Cluster
  readonly node: Node
  readonly api: NodeApi
  /** The process: its streams, its files, its environment. */
  readonly shell: ProgramContext
  out(text: string): Promise<void>
  err(text: string): Promise<void>
}

/** A command of a Proxmox node. `argv` is without its own name; resolves with the exit status. */
export type NodeTool = (argv: readonly string[], io: ToolIo) => number | Promise<number>

/** An end with a message and an exit status, as Perl's `die` has it. */
export class ToolFailure extends Error {
  override readonly name = 'ToolFailure'
  readonly status: number

  constructor(message: string, status = 255) {
    super(message)
    this.status = status
  }
}
