import { performance } from 'node:perf_hooks'
import { type Line, median, ratio, time } from './measure.js'
import { ticks } from './tick.js'
import { BARE_VMID, inWorld, TEMPLATE, type World } from './world.js'

/** Every measurement gives one line or several; both sides of a ratio are measured in the same world, in turns where they can be. */
export const MEASUREMENTS: Readonly<Record<string, () => Promise<readonly Line[]>>> = {
  claim: () =>
    inWorld({ settings: sizes(CLAIMS + STARTS) }, async (world) => [...(await claims(world)), memory(world)]),
  hot: () => inWorld({ settings: { ...sizes(HOT), POOL_HOT_SIZE: String(HOT) } }, hotClaims),
  fill: fills,
  burst: () => inWorld({ settings: sizes(5) }, burstOfTen),
  tick: ticks,
}

const CLAIMS = 25
const STARTS = 8
const HOT = 12
const FILLS = 12
/** Made before, on either side: a daemon that has run for a second still compiles its code, and four sources leave it less time for that than one. */
const WARM_UP = 8
const SOURCES = 4

const sizes = (target: number) => ({
  POOL_TEMPLATES: String(TEMPLATE),
  POOL_MIN_SIZE: '0',
  POOL_TARGET_SIZE: String(target),
  POOL_MAX_SIZE: '200',
  // What is not wanted comes by event; a tick by the clock would measure something else.
  REPLENISH_INTERVAL_SECONDS: '5',
})

async function claims({ bare, pool, ready }: World): Promise<readonly Line[]> {
  await ready(CLAIMS + STARTS)
  // Nothing else is done meanwhile; and two who clone one template at once would meet its lock.
  await pool.pause()
  for (let index = 0; index <= STARTS; index++) await bare.clone(TEMPLATE, BARE_VMID + index)
  const turns = await inTurns(CLAIMS, {
    bare: (turn) => putOnce(bare, turn),
    ours: () => pool.allocate(TEMPLATE, { start: false }),
  })
  const starts = await inTurns(STARTS, {
    bare: (turn) => bare.start(BARE_VMID + 1 + turn),
    ours: () => pool.allocate(TEMPLATE),
  })
  return [
    ratio('claim without start, to one bare PUT (p50)', median(turns.ours), median(turns.bare), 2.5),
    ratio('allocate with start, to a bare start (p50)', median(starts.ours), median(starts.bare), 1.3),
  ]
}

async function hotClaims({ bare, pool, ready }: World): Promise<readonly Line[]> {
  await ready(HOT, 'hot')
  await pool.pause()
  await bare.clone(TEMPLATE, BARE_VMID)
  const turns = await inTurns(HOT, {
    bare: (turn) => putOnce(bare, turn),
    ours: async () => {
      const { tier } = await pool.allocate(TEMPLATE)
      if (tier !== 'hot') throw new Error('there was no hot one')
    },
  })
  return [ratio('hot allocate with start, to one bare PUT (p50)', median(turns.ours), median(turns.bare), 2.5)]
}

async function fills(): Promise<readonly Line[]> {
  const one = await inWorld({ settings: sizes(0) }, async (world) => {
    const clone = async (from: number, count: number) => {
      for (let index = from; index < from + count; index++) await world.bare.clone(TEMPLATE, BARE_VMID + index)
    }
    await clone(0, WARM_UP)
    const clones = await time(() => clone(WARM_UP, FILLS))
    return { clones, filled: await fill(world) }
  })
  const four = await inWorld({ settings: sizes(0), replicas: SOURCES - 1 }, fill)
  const speedUp = ratio(`filling ${FILLS} from one source, to four sources`, one.filled, four, 3.2)
  return [
    ratio(`filling ${FILLS} from one source, to as many bare clones`, one.filled, one.clones, 1.15),
    { ...speedUp, at: 'least' },
  ]
}

async function fill({ pool, ready }: World): Promise<number> {
  const reach = async (count: number) => {
    await pool.warm(TEMPLATE, count)
    await ready(count)
  }
  await reach(WARM_UP)
  return time(() => reach(WARM_UP + FILLS))
}

async function burstOfTen({ bare, pool, ready }: World): Promise<readonly Line[]> {
  await ready(5)
  const clones = await time(async () => {
    for (let index = 0; index < 5; index++) await bare.clone(TEMPLATE, BARE_VMID + index)
  })
  const start = await time(() => bare.start(BARE_VMID))
  const last = await time(() => Promise.all(Array.from({ length: 10 }, () => pool.allocate(TEMPLATE))))
  return [ratio('burst of ten with five ready, to five bare clones and a start', last, clones + start, 1.2)]
}

function memory({ daemonMemory }: World): Line {
  const value = daemonMemory()
  return { name: 'resident memory of the daemon', measured: value, unit: 'MB', value, target: 150, at: 'most' }
}

/** The same size of change as a claim writes, with a digest as a claim has it; the read before is not counted. */
async function putOnce(bare: World['bare'], turn: number): Promise<number> {
  const digest = await bare.digest(BARE_VMID)
  const began = performance.now()
  await bare.put(BARE_VMID, {
    description: `${turn} ${'x'.repeat(400)}`,
    tags: `turn-${turn};cmux-bench`,
    hostname: `bare-${turn}`,
    digest,
  })
  return performance.now() - began
}

/** One after the other, so that whatever else the machine does weighs on both alike. What gives a number has measured itself. */
async function inTurns(
  turns: number,
  { bare, ours }: Readonly<Record<'bare' | 'ours', (turn: number) => Promise<unknown>>>,
): Promise<Readonly<Record<'bare' | 'ours', readonly number[]>>> {
  const times = { bare: [] as number[], ours: [] as number[] }
  const measure = async (work: () => Promise<unknown>) => {
    const began = performance.now()
    const own = await work()
    return typeof own === 'number' ? own : performance.now() - began
  }
  for (let turn = 0; turn < turns; turn++) {
    times.bare.push(await measure(() => bare(turn)))
    times.ours.push(await measure(() => ours(turn)))
  }
  return times
}
