import { expect, test } from 'vitest'
import type { Executor } from '../../../src/lib/executor/executor.js'
import { whyNotLocal } from '../../../src/lib/executor/local-node.js'

const ct = { vmid: 101, node: 'pve1' }
const OPTIONS = {
  hostname: 'web',
  memory: 512,
  net0: 'name=eth0,hwaddr=BC:24:11:00:00:01',
  rootfs: 'local:101/disk.raw',
}
const containers = { config: async () => ({ digest: '', tags: [], template: false, options: OPTIONS, lxc: [] }) }

/** A machine whose `pct config` prints this. */
const printing = (stdout: string, exitCode = 0, stderr = ''): Executor => ({
  target: 'this machine',
  run: async () => ({ exitCode, stdout, stderr }),
  close: async () => {},
})
const CONFIG = 'hostname: web\nmemory: 512\nnet0: name=eth0,hwaddr=BC:24:11:00:00:01\nrootfs: local:101/disk.raw\n'

test('the node whose pct shows the same container leads to it', async () => {
  expect(await whyNotLocal(containers, ct, printing(CONFIG), 'pve1.example.org')).toBeUndefined()
})

test.each([
  ['another node', printing(CONFIG), 'pve2', 'this machine is pve2, and the container is on node pve1'],
  ['a machine without pct', printing('', 127, 'pct: not found\n'), 'pve1', 'pct does not work here: pct: not found'],
  [
    'a node of the same name in another cluster, where the VMID is somebody else',
    printing(CONFIG.replace('00:01', '00:02')),
    'pve1',
    'container 101 of this machine is another one than that of the API',
  ],
])('%s does not', async (_what, machine, name, reason) => {
  expect(await whyNotLocal(containers, ct, machine, name)).toBe(reason)
})
