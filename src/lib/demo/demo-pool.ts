import { randomBytes } from 'node:crypto'
import type { ServiceContext } from '../instance/service-context.js'
import { createAllocator } from '../pool/allocate/allocator.js'
import { assemblePool, type RunningPool } from '../pool/open-pool.js'
import type { TemplatePolicy } from '../pool/settings.js'

/** A pool that runs in this process, as a daemon's does in its own. */
export interface DemoPool {
  readonly pool: RunningPool
  close(): Promise<void>
}

export function openDemoPool({ client, clock }: ServiceContext, template: number, ready: number): DemoPool {
  const policy: TemplatePolicy = {
    ...{ min: ready, target: ready, max: 4 * ready, hot: 0 },
    release: 'rollback',
    probe: { kind: 'address' },
  }
  const settings = {
    name: 'demo',
    templates: new Map([[template, policy]]),
    defaults: policy,
    interval: 1000,
    vmids: { start: 200, end: 299 },
    hostnamePrefix: 'pool-',
    cloneRetries: { attempts: 5, delay: 200, jitter: 100 },
  }
  const owner = `demo-${randomBytes(4).toString('hex')}`
  const pool = assemblePool({ client, settings, clock, random: Math.random, owner }, createAllocator)
  const over = new AbortController()
  const running = pool.run(over.signal)
  return {
    pool,
    async close() {
      over.abort()
      await running
      await pool.close()
    },
  }
}
