import { CmuxError } from '../errors.js'
import type { ServiceContext } from '../instance/service-context.js'

/** The node to create something on: the one asked for, else the online one with the most free memory (where the token sees it). */
export async function chooseNode({ client }: ServiceContext, wanted: string | undefined): Promise<string> {
  const nodes = await client.nodes.list()
  const online = nodes.filter(({ status }) => status === 'online')
  const free = (node: (typeof nodes)[number]) => (node.maxmem ?? 0) - (node.mem ?? 0)
  const chosen =
    wanted === undefined ? online.toSorted((a, b) => free(b) - free(a))[0] : online.find(({ node }) => node === wanted)
  if (chosen !== undefined) return chosen.node
  const known = nodes.map(({ node, status }) => `${node} (${status})`).join(', ')
  if (wanted === undefined) throw new CmuxError('unavailable', `No node is online: ${known}`)
  const exists = nodes.some(({ node }) => node === wanted)
  throw new CmuxError(
    exists ? 'unavailable' : 'not-found',
    exists ? `Node ${wanted} is not online` : `There is no node '${wanted}'`,
    {
      hint: `The cluster has ${known}: see --node and PVE_NODE.`,
    },
  )
}
