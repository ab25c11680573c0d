import { expect, it } from 'vitest'
import { whyNotThisNode } from '../../../src/lib/executor/local-node.js'

const nodes = (uptime?: number) => ({
  list: async () => [{ node: 'pve1', status: 'online' as const, ...(uptime !== undefined && { uptime }) }],
})

it('takes a machine for the node that has its name and has run as long', async () => {
  expect(await whyNotThisNode(nodes(1000), 'pve1', { name: 'pve1.example.org', uptime: 1003.7 })).toBeUndefined()
})

it.each([
  ['another name', nodes(1000), { name: 'laptop', uptime: 1000 }],
  ['another clock', nodes(1000), { name: 'pve1', uptime: 1010 }],
  ['nothing known of the node', nodes(), { name: 'pve1', uptime: 1000 }],
])('does not take one for it with %s', async (_case, listed, machine) => {
  expect(await whyNotThisNode(listed, 'pve1', machine)).toMatch(/^this machine /)
})
