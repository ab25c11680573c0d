import type { NodeEntry, PveClient } from '../pve/client.js'
import type { Finding } from './finding.js'

export interface NodesFound {
  readonly findings: readonly Finding[]
  /** The node that commands use by default; absent when none can be used. */
  readonly chosen: string | undefined
}

/** Which nodes are online, and whether the one in PVE_NODE is among them. */
export async function checkNodes(client: PveClient, wanted: string | undefined): Promise<NodesFound> {
  const nodes = await client.nodes.list()
  const online = nodes.filter((node) => node.status === 'online').map((node) => node.node)
  const findings = nodes.map(describe)
  if (wanted !== undefined && !online.includes(wanted))
    return {
      findings: [
        ...findings,
        {
          topic: 'nodes',
          verdict: 'failed',
          subject: `node ${wanted}`,
          detail: 'PVE_NODE names a node that is not online',
          remedy: `Set PVE_NODE to one of: ${online.join(', ') || '(none is online)'}.`,
          code: nodes.some((node) => node.node === wanted) ? 'unavailable' : 'not-found',
        },
      ],
      chosen: undefined,
    }
  return { findings, chosen: wanted ?? online[0] }
}

function describe(node: NodeEntry): Finding {
  const found = { topic: 'nodes', subject: `node ${node.node}`, detail: node.status } as const
  if (node.status === 'online') return { ...found, verdict: 'ok' }
  return {
    ...found,
    verdict: 'warning',
    remedy: 'Containers on it cannot be reached. See `pvecm status` and `systemctl status pve-cluster` there.',
  }
}
