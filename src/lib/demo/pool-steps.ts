import { deadlineIn } from '../instance/service-context.js'
import type { Pool } from '../pool/pool.js'
import { toVmid } from '../pve/vmid.js'
import { type Burst, burstWithoutPool, burstWithPool } from './burst.js'
import { insist } from './insist.js'
import type { Stage, Step } from './step.js'

/** The template that the demo builds. */
export const TEMPLATE = toVmid(9100)

/** How many the pool keeps ready. */
export const READY = 5
const SIZES = [1, READY, 10] as const

/** Where the clones of those who have no pool are. */
const FIRST_VMID = 700
const PATIENCE = 60_000

/** The same bursts without a pool and with one. */
export const POOL_STEPS: readonly Step[] = [
  {
    title: 'Ten at once, without a pool',
    async run({ context, bursts }) {
      const template = await context.client.containers.find(TEMPLATE)
      let vmid = FIRST_VMID
      for (const size of SIZES) {
        const vmids = Array.from({ length: size }, () => vmid++)
        bursts.push({ without: await burstWithoutPool(context, template, vmids) })
      }
      const ten = bursts.at(-1)?.without
      const heard = [...(ten?.failures ?? [])]
      insist(ten !== undefined && ten.answered.length < 10, 'all of them got a container')
      insist(
        heard.every(([sentence]) => sentence.includes('CT is locked (disk)')),
        heard.map(([sentence]) => sentence).join('; '),
      )
      return `${ten.answered.length} of 10 got a container, the others heard "CT is locked (disk)"`
    },
  },
  {
    title: `Open a pool of ${READY}`,
    command: 'pool serve; pool status',
    async run(stage) {
      const pool = stage.pool(TEMPLATE)
      await untilFull(stage, pool)
      return `${READY} containers are ready`
    },
  },
  {
    title: 'One request',
    command: `pool allocate ${TEMPLATE}`,
    async run(stage) {
      const { answered, fromPool } = await repeatWithPool(stage, 0)
      insist(answered.length === 1 && fromPool === 1, 'the pool had none')
      return 'took as long as a start'
    },
  },
  {
    title: 'Five at once, with the pool',
    command: `pool bench ${TEMPLATE} --burst 5`,
    async run(stage) {
      const { answered, fromPool, failures } = await repeatWithPool(stage, 1)
      insist(failures.size === 0 && answered.length === 5, `${answered.length} of five got a container`)
      insist(fromPool === 5, `${fromPool} of five found one ready`)
      return 'all five found one ready'
    },
  },
  {
    title: 'Ten at once, with the pool',
    command: `pool bench ${TEMPLATE} --burst 10`,
    async run(stage) {
      const { answered, fromPool, failures, vmids } = await repeatWithPool(stage, 2)
      insist(failures.size === 0 && answered.length === 10, `${answered.length} of ten got a container`)
      insist(new Set(vmids).size === 10, `the VMIDs are not distinct: ${vmids.join(', ')}`)
      insist(fromPool >= 5, `${fromPool} of ten found one ready`)
      return `${fromPool} found one ready, ${10 - fromPool} waited in line, all got theirs`
    },
  },
  {
    title: 'Drain the pool',
    command: 'pool drain; pool remove <vmid>…',
    async run(stage) {
      const pool = stage.pool(TEMPLATE)
      await pool.drain()
      const claimed = pool.list().filter(({ state }) => state === 'claimed')
      for (const { vmid } of claimed) await pool.remove(vmid)
      await until(stage, () => pool.list().length === 0, 'there are still containers in the pool')
      return `${claimed.length} in use and those that were ready are gone`
    },
  },
]

/** The burst number `index` once more, this time with the pool, which has `READY` of them by then. */
async function repeatWithPool(stage: Stage, index: number): Promise<Burst> {
  const [pool, before] = [stage.pool(TEMPLATE), stage.bursts[index]]
  insist(before !== undefined, 'there was no such burst without a pool')
  await untilFull(stage, pool)
  const pooled = await burstWithPool(stage.context, pool, TEMPLATE, before.without.requests)
  stage.bursts[index] = { ...before, pooled }
  return pooled
}

const untilFull = (stage: Stage, pool: Pool): Promise<void> =>
  until(
    stage,
    () => {
      const { templates } = pool.status()
      return templates.some(({ template, ready, filling }) => template === TEMPLATE && ready === READY && filling === 0)
    },
    `the pool does not have ${READY} ready`,
  )

async function until({ context }: Stage, isSo: () => boolean, otherwise: string): Promise<void> {
  const { clock, signal } = context
  const deadline = deadlineIn(clock, PATIENCE)
  while (!isSo()) {
    insist(deadline.remaining() > 0, otherwise)
    await clock.sleep(50, signal)
  }
}
