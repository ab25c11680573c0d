import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { startSimulatorProcess } from '../../scripts/simulator-process.js'
import { PoolClient } from '../../src/lib/pool/client.js'
import { Bare, type Environment } from './bare.js'
import { Changes } from './changes.js'

export const TEMPLATE = 9000

/** Milliseconds after which a node's boot is long past. What becomes ready before may be taken for a leftover, so a pool waits then. */
const SETTLED = 16_000
/** Milliseconds until the cluster's index shows a new template as one (PVE-FACTS 5). */
const INDEX_LAG = 11_000
/** Where the containers of the comparison are: beyond the pool's own range. */
export const BARE_VMID = 9500

/** A simulated node that takes about as long as a real one, a pool's daemon, and both ways to ask: each a process of its own. */
export interface World {
  readonly bare: Bare
  readonly pool: PoolClient
  /** Resolves when so many are ready, hot ones if wanted. */
  ready(count: number, which?: 'ready' | 'hot'): Promise<void>
  /** Resident memory of the daemon in MB. */
  daemonMemory(): number
}

export interface WorldOptions {
  /** POOL_* variables. */
  readonly settings: Environment
  /** Copies of the template that are cloned from too. */
  readonly replicas?: number
}

/** Builds a world, lets `visit` measure in it, and takes it down again. */
export async function inWorld<Result>(
  { settings, replicas = 0 }: WorldOptions,
  visit: (world: World) => Promise<Result>,
): Promise<Result> {
  const simulator = await startSimulatorProcess(['--latency', 'realistic'])
  const settled = delay(SETTLED)
  const bare = new Bare(simulator.environment)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const environment = { ...simulator.environment, ...settings, POOL_PORT: String(port), PVE_POOL_URL: url }
  const pool = new PoolClient({ url })
  try {
    if (replicas > 0) {
      await tool(['template', 'replicate', String(TEMPLATE), '--count', String(replicas)], environment)
      await delay(INDEX_LAG)
    }
    await settled
    const daemon = startDaemon(withoutShell(environment))
    try {
      await daemon.answers(() => pool.ready())
      const changes = await Changes.listen(url)
      return await visit({
        bare,
        pool,
        async ready(count, which = 'ready') {
          for (;;) {
            const seen = changes.count
            const { templates } = await pool.status()
            if ((templates.find(({ template }) => template === TEMPLATE)?.[which] ?? 0) >= count) return
            await changes.beyond(seen)
          }
        },
        daemonMemory: () => residentMegabytes(daemon.pid),
      }).finally(() => changes.close())
    } finally {
      await daemon.stop()
    }
  } finally {
    await pool.close()
    await bare.close()
    await simulator.close()
  }
}

/** A daemon with a way into containers also tells a hot one its name inside, which is an SSH command and no part of a claim. */
const withoutShell = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^PVE_(SSH_|EXEC_MODE)/.test(name)))

const RUN = join(process.cwd(), 'bin/run.js')

function startDaemon(environment: Environment) {
  const child = spawn(process.execPath, ['--', RUN, 'pool', 'serve'], {
    env: { PATH: process.env['PATH'], ...environment },
    cwd: tmpdir(),
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close')
  let messages = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    messages = `${messages}${chunk}`.slice(-4000)
  })
  return {
    pid: child.pid ?? 0,
    async answers(ask: () => Promise<unknown>) {
      for (;;) {
        if (child.exitCode !== null) throw new Error(`The daemon ended: ${messages}`)
        if (
          await ask().then(
            () => true,
            () => false,
          )
        )
          return
        await delay(50)
      }
    },
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function tool(argv: readonly string[], environment: Environment): Promise<void> {
  const child = spawn(process.execPath, ['--', RUN, ...argv], {
    env: { PATH: process.env['PATH'], ...environment },
    cwd: tmpdir(),
    stdio: 'ignore',
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}`)
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function residentMegabytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes) / 1024
}
