import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../clock.js'
import { SshExecutor } from '../executor/ssh-executor.js'
import { createPveClient } from '../pve/client.js'
import { loadSettings } from '../settings/load.js'
import { requireApi, requireSsh } from '../settings/require.js'
import { startSimulator } from '../simulator/serve.js'
import { type DemoPool, openDemoPool } from './demo-pool.js'
import { READY } from './pool-steps.js'
import type { Stage } from './step.js'

/**
 * Starts an embedded node that takes about as long as a real one (PVE-FACTS 9), and connects to it as a user would: over HTTPS and
 * SSH on the loopback interface, with settings read from an environment. `close` leaves nothing behind.
 */
export async function openStage(signal: AbortSignal): Promise<Stage & { close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'cmux-pve-demo-'))
  const simulator = await startSimulator({ latency: 'realistic' })
  const keyFile = join(folder, 'key')
  await writeFile(keyFile, simulator.ssh.privateKey, { mode: 0o600 })

  const settings = loadSettings({ environment: simulator.environment({ keyFile }), cwd: folder })
  const client = createPveClient(requireApi(settings), { signal })
  const executor = new SshExecutor(requireSsh(settings))
  const context = { client, clock: systemClock, signal }
  let open: DemoPool | undefined
  return {
    settings,
    executor,
    context,
    clones: [],
    bursts: [],
    pool(template) {
      open ??= openDemoPool(context, template, READY)
      return open.pool
    },
    async close() {
      await open?.close()
      await executor.close()
      await client.close()
      await simulator.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
