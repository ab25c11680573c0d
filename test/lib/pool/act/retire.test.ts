import { expect, test } from 'vitest'
import { Overtaken } from '../../../../src/lib/pool/act/overtaken.js'
import { expire } from '../../../../src/lib/pool/act/retire.js'
import { toVmid } from '../../../../src/lib/pve/client.js'
import { AllocatorBench } from '../../../support/allocator-bench.js'

test('a container is taken from its instance only while that still has the other one, whatever was known before', async () => {
  const bench = await AllocatorBench.open()
  await bench.ready(200)
  await bench.ready(201)
  const [first, second] = [bench.daemon(), bench.daemon()]
  await first.see(200, 201)
  await first.allocate({ instanceId: 'x' })
  await first.allocate({ instanceId: 'y' })
  const [kept, surplus] = await bench.settled(
    Promise.all([200, 201].map((vmid) => first.records.read({ vmid: toVmid(vmid), node: 'pve1' }))),
  )
  if (kept === undefined || surplus === undefined) throw new Error('they are not there')
  await bench.settled(second.allocator.release(toVmid(kept.vmid)))
  await expect(bench.settled(expire(first.context, surplus, kept))).rejects.toBeInstanceOf(Overtaken)
  expect(bench.state(Number(surplus.vmid))).toMatch(/^claimed by /)
  await bench.settled(expire(first.context, surplus, surplus))
  expect(bench.state(Number(surplus.vmid))).toBe('releasing')
})
