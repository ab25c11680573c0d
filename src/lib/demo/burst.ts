import { randomBytes } from 'node:crypto'
import { isCmuxError } from '../errors.js'
import type { ServiceContext } from '../instance/service-context.js'
import type { Pool } from '../pool/pool.js'
import type { ContainerAddress } from '../pve/client.js'
import { toVmid, type Vmid } from '../pve/vmid.js'

/** So many who want a running container at the same moment, and what became of them. */
export interface Burst {
  readonly requests: number
  /** Milliseconds until each of those that got one had it, ascending. */
  readonly answered: readonly number[]
  /** Of those: how many found one ready. */
  readonly fromPool: number
  /** What Proxmox, or the pool, said to the others: how many of them heard it. */
  readonly failures: ReadonlyMap<string, number>
  readonly vmids: readonly Vmid[]
}

/** What each of them would do without a pool: clone the template, start the clone. Proxmox lets one clone at a time read a template. */
export function burstWithoutPool(
  { client, clock, signal }: ServiceContext,
  template: ContainerAddress,
  vmids: readonly number[],
): Promise<Burst> {
  const patience = { timeout: 60_000, ...(signal !== undefined && { signal }) }
  return burst(
    vmids.map((number) => async () => {
      const clone = { node: template.node, vmid: toVmid(number) }
      await client.tasks.wait(await client.containers.clone(template, { newid: clone.vmid }), patience)
      await client.tasks.wait(await client.containers.start(clone), patience)
      return { vmid: clone.vmid, fromPool: false }
    }),
    () => clock.now(),
  )
}

/** The same with a pool: each asks it once. */
export function burstWithPool(
  { clock, signal = new AbortController().signal }: ServiceContext,
  pool: Pool,
  template: Vmid,
  requests: number,
): Promise<Burst> {
  const ask = () => {
    const caller = { requestId: randomBytes(4).toString('hex'), client: 'demo', signal }
    return pool.allocate({ template, start: true, timeout: 60_000 }, caller)
  }
  return burst(new Array<typeof ask>(requests).fill(ask), () => clock.now())
}

type Handed = { readonly vmid: Vmid; readonly fromPool: boolean }

async function burst(requests: readonly (() => Promise<Handed>)[], now: () => number): Promise<Burst> {
  const began = now()
  const answers: (Handed & { readonly after: number })[] = []
  const failures = new Map<string, number>()
  await Promise.all(
    requests.map(async (request) => {
      try {
        answers.push({ ...(await request()), after: now() - began })
      } catch (error) {
        if (!isCmuxError(error) || error.code === 'interrupted') throw error
        failures.set(error.message, (failures.get(error.message) ?? 0) + 1)
      }
    }),
  )
  return {
    requests: requests.length,
    answered: answers.map(({ after }) => after).toSorted((a, b) => a - b),
    fromPool: answers.filter(({ fromPool }) => fromPool).length,
    failures,
    vmids: answers.map(({ vmid }) => vmid),
  }
}
