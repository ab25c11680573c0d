import { hostname } from 'node:os'
import type { Clock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { PveClient } from '../pve/client.js'
import { requireApi, requireSsh } from '../settings/require.js'
import type { Settings } from '../settings/settings.js'
import type { Executor } from './executor.js'

export interface NodeShellOptions {
  readonly clock?: Clock
  /** Told when a host was trusted because it was new. */
  readonly onNewHostKey?: (text: string) => void
}

/** Shells of root on the nodes of a cluster, one for each, opened at the first use. */
export interface NodeShells {
  open(node: string): Promise<Executor>
  /** Closes all of them. Commands that run are given up here, and go on there. */
  close(): Promise<void>
}

/**
 * Where the mode is `local` or `auto` and this machine is the node itself: here. Else by SSH to the node's address (see `nodeExecutor`).
 * Errors of `open`: `unsupported` when local was asked for and this is another machine, `not-configured`.
 */
export function nodeShells(client: PveClient, settings: Settings, options: NodeShellOptions = {}): NodeShells {
  const shells = new Map<string, Promise<Executor>>()
  return {
    open(node) {
      const known = shells.get(node)
      if (known !== undefined) return known
      const opening = openShell(client, settings, node, options)
      shells.set(node, opening)
      opening.catch(() => shells.delete(node))
      return opening
    },
    async close() {
      const opened = await Promise.allSettled(shells.values())
      shells.clear()
      await Promise.all(opened.map((shell) => (shell.status === 'fulfilled' ? shell.value.close() : undefined)))
    },
  }
}

/**
 * Whether somebody has said how a node's shell is reached, or this machine has its name: only then is it tried for what nobody has asked for. A node
 * counts failed logins.
 */
export const isWayGiven = ({ executionMode, sources }: Settings, node: string): boolean =>
  executionMode === 'local' ||
  sources.has('PVE_SSH_HOST') ||
  sources.has('PVE_SSH_KEY') ||
  hostname().split('.')[0] === node

async function openShell(
  client: PveClient,
  settings: Settings,
  node: string,
  options: NodeShellOptions,
): Promise<Executor> {
  const { executionMode: mode } = settings
  if (mode === 'local' || mode === 'auto') {
    const { whyNotThisNode } = await import('./local-node.js')
    const reason = await whyNotThisNode(client.nodes, node)
    if (reason === undefined) {
      const { LocalExecutor } = await import('./local.js')
      return new LocalExecutor()
    }
    if (mode === 'local') {
      throw new CmuxError('unsupported', `Node ${node} cannot be reached from here without SSH: ${reason}`, {
        hint: 'Run this on the node itself, or leave the choice to PVE_EXEC_MODE=auto.',
      })
    }
  }
  const { nodeExecutor } = await import('./node-executor.js')
  const { hostname: host } = new URL(requireApi(settings).url)
  return nodeExecutor(client, requireSsh(settings), host, node, options)
}
