// A simulator that takes no time for its work, as a process of its own. `{model, count}` adds so many containers like one that a pool has made.
import { startStandalone } from '../../src/lib/sim/standalone.js'
import { addPooled } from '../../test/support/pooled-crowd.js'

const { simulator, close } = await startStandalone({
  ...{ nodes: 1, storages: [], version: '9.2', latency: 'instant', timeScale: 1, template: true, containers: 0 },
  ...{ host: '127.0.0.1', port: 0, sshPort: 0 },
})
process.on('message', ({ model, count }: { readonly model: number; readonly count: number }) => {
  addPooled(simulator.cluster, model, count)
  process.send?.('added')
})
process.on('disconnect', () => void close())
const { url, token, fingerprint } = simulator
process.send?.({ url, token, tls: { verify: true, fingerprint } })
