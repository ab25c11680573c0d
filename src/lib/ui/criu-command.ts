import type { Command } from '@oclif/core'
import type { CriuContext } from '../criu/criu-context.js'
import type { NodeShells } from '../executor/open-node-shell.js'
import { executionFlags, executionSettings } from './execution-flags.js'
import { ServiceCommand } from './service-command.js'

/** How a node is reached: there is no way through a container's own sshd. */
export const nodeFlags = { 'accept-new-host-key': executionFlags['accept-new-host-key'] }

/** A command that works on the nodes themselves. What it began there must come to its end, and what the API is told of it too. */
export abstract class CriuCommand<T extends typeof Command> extends ServiceCommand<T> {
  static override interruptGrace = 8000
  static override callGrace = 7000

  #shells: NodeShells | undefined

  /** What services of src/lib/criu take. Under `--dry-run` the commands for the nodes become the plan. */
  protected async criu(title: string): Promise<CriuContext> {
    const settings = await this.settings(executionSettings(this.flags))
    const services = await this.services(title)
    const { nodeShells } = await import('../executor/open-node-shell.js')
    const shells = nodeShells(services.client, settings, { onNewHostKey: (text) => this.output.warn(text) })
    this.#shells = shells
    return {
      ...services,
      nodeShell: (node) => shells.open(node),
      onNodeCommand: (node, command) => {
        this.plan = [...this.plan, { text: `on ${node}: ${command}`, data: { node, command } }]
      },
    }
  }

  protected override async release(): Promise<void> {
    await this.#shells?.close()
  }
}
