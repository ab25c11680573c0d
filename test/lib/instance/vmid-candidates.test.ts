import { expect, test } from 'vitest'
import { VmidCandidates } from '../../../src/lib/instance/vmid-candidates.js'
import type { PveClient } from '../../../src/lib/pve/client.js'
import { scriptedPve } from '../../support/scripted-client.js'

async function clientWhoseNextIdIs(vmid: string): Promise<PveClient> {
  const { client, server } = await scriptedPve()
  server.on('GET /cluster/nextid', { data: vmid })
  return client
}

test('the first candidate is what Proxmox offers', async () => {
  expect(await new VmidCandidates(await clientWhoseNextIdIs('101'), () => 0).next()).toBe(101)
})

test('a number that somebody else took is not offered again, and those who collide more often spread further', async () => {
  const client = await clientWhoseNextIdIs('101')
  const low = new VmidCandidates(client, () => 0)
  const high = new VmidCandidates(client, () => 0.99)
  for (const expected of [102, 103]) {
    low.reject(await low.next())
    expect(await low.next()).toBe(expected)
  }
  for (const candidates of [high]) {
    candidates.reject(101)
    candidates.reject(102)
    expect(await candidates.next()).toBe(103)
    candidates.reject(103)
    expect(await candidates.next()).toBe(104)
  }
})
