import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { findOpenAddress } from '../../../src/lib/executor/container-address.js'
import type { NetworkInterface } from '../../../src/lib/pve/client.js'
import { JumpingClock } from '../../support/jumping-clock.js'

const ct = { vmid: 101, node: 'pve1' }

/** A container that has these addresses at each look, the last ones from then on. */
function addressesOf(...looks: readonly (readonly string[] | null)[]) {
  let look = 0
  return {
    async interfaces(): Promise<readonly NetworkInterface[] | null> {
      const addresses = looks[Math.min(look++, looks.length - 1)] ?? null
      if (addresses === null) return null
      return [
        { name: 'eth0', hwaddr: '', addresses: addresses.map((address) => ({ type: 'inet', address, prefix: 24 })) },
      ]
    },
  }
}

async function listener(): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  server.listen(0, 'localhost')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('the first address that answers is taken, however long it takes to come', async () => {
  const port = await listener()
  const containers = addressesOf(null, [], ['127.0.0.1'], ['fe80::1', 'localhost'])
  const said: string[] = []
  const search = { port, timeout: 30_000, clock: new JumpingClock(), onWait: (text: string) => void said.push(text) }
  expect(await findOpenAddress(containers, ct, search)).toBe('localhost')
  expect(said).toEqual(['Waiting for SSH in container 101 (it has no address yet)'])
})

test('when time is over the error says what was tried, and knows another way', async () => {
  const search = { port: 1, timeout: 30_000, clock: new JumpingClock() }
  await expect(findOpenAddress(addressesOf(['localhost']), ct, search)).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Container 101 cannot be reached by SSH: localhost port 1: nobody listens',
    hint: expect.stringContaining('--mode pve-ssh'),
  })
  await expect(findOpenAddress(addressesOf([]), ct, search)).rejects.toMatchObject({
    message: 'Container 101 cannot be reached by SSH: it has no address',
  })
})

test('aborting ends the wait', async () => {
  const signal = AbortSignal.abort(new Error('no longer wanted'))
  const search = { port: 1, timeout: 30_000, clock: new JumpingClock(), signal }
  await expect(findOpenAddress(addressesOf([]), ct, search)).rejects.toThrow('no longer wanted')
})
