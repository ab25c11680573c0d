import { type Clock, systemClock } from '../clock.js'
import { nodeShells } from '../executor/open-node-shell.js'
import { createPveClient } from '../pve/client.js'
import { requireApi } from '../settings/require.js'
import type { Settings } from '../settings/settings.js'
import { type PauseMode, type ProxmoxProvider, providerOn } from './provider.js'

export interface ProviderOptions {
  /** What a pause is when a call does not say. Default: `checkpoint`. */
  readonly pause?: PauseMode
  readonly clock?: Clock
  /** Aborting ends the waiting; what has begun on a node goes on there. */
  readonly signal?: AbortSignal
  /** What is being done now, in words for people. */
  readonly onProgress?: (text: string) => void
  /** Something that the caller should know although it went well. */
  readonly onWarning?: (text: string) => void
}

/** A provider with connections of its own. */
export interface ConnectedProvider extends ProxmoxProvider {
  /** Ends its connections. What was begun on the nodes goes on. */
  close(): Promise<void>
}

/**
 * Sandboxes on Proxmox VE: `startInstance`, `stopInstance`, `pauseInstance`, `resumeInstance`. Connects at the first use: the API for everything,
 * SSH to the nodes for pause and resume. `settings` as `loadSettings()` gives them. Errors are `CmuxError`s with a code and a hint;
 * without API settings `not-configured`.
 */
export function createProxmoxProvider(settings: Settings, options: ProviderOptions = {}): ConnectedProvider {
  const { pause, clock = systemClock, ...callbacks } = options
  const client = createPveClient(requireApi(settings), {
    clock,
    ...(options.signal !== undefined && { signal: options.signal }),
    ...(options.onWarning !== undefined && { onWarning: options.onWarning }),
  })
  const shells = nodeShells(client, settings)
  const context = { client, clock, ...callbacks, nodeShell: (node: string) => shells.open(node) }
  return {
    ...providerOn(context, { template: settings.templateVmid, ...(pause !== undefined && { pause }) }),
    async close() {
      await shells.close()
      await client.close()
    },
  }
}
