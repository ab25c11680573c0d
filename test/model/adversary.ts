import {
  type ContainerConfig,
  containerConfig,
  withDescription,
  withOptions,
} from '../../src/lib/simulator/config/container-config.js'
import type { Worker } from '../../src/lib/simulator/task.js'
import type { ForeignKind, Misfortune } from './case.js'
import type { Daemon } from './daemon.js'
import { STRANGER } from './guests.js'
import { RANGE, TEMPLATE, type World } from './world.js'

/** Milliseconds: a tick of every daemon, of a list that lags by as much. */
const LOOKS = 30_000
const SILENT = { print: () => {}, warn: () => {} }

/** Everything that can go wrong, one thing at a time. */
export class Adversary {
  readonly #world: World
  readonly #daemons: readonly Daemon[]

  constructor(world: World, daemons: readonly Daemon[]) {
    this.#world = world
    this.#daemons = daemons
  }

  act(step: Misfortune): void {
    const world = this.#world
    world.log(`adversary: ${JSON.stringify(step)}`)
    switch (step.do) {
      case 'crash':
        this.#crash(step.daemon, step.down)
        break
      case 'wire':
        this.#daemons[step.daemon]?.faults.push({ ...step, left: step.nth })
        this.#restartLater(step.daemon, step.ms)
        break
      case 'lock':
        this.#lock(step.pick, step.word)
        break
      case 'unlock':
        unlock(world)
        break
      case 'foreign':
        this.#addForeign(step.kind, step.offset)
        break
      case 'snapshot':
        this.#snapshot(step.pick)
        break
      case 'edit':
        this.#edit(step.pick, step.what)
        break
      case 'adopt':
        this.#adopt(step.pick)
        break
      case 'clock':
        this.#turnClock(step.daemon, step.ms)
        break
      case 'power-cut':
        this.#powerCut(step.writes, step.down)
        break
      case 'reboot':
        this.#reboot(step.node, step.down)
        break
      case 'post-stop':
        world.moods.postStops.push(step.ms)
        break
      case 'kill-worker':
        this.#killWorker(step.pick)
        break
      case 'storage':
        world.moods.storageFailures.push(step.operation)
        break
      case 'start-fails':
        world.moods.failingStarts += step.times
        break
      case 'guest':
        this.#meddle(step.pick, step.what)
        break
      case 'empty-list':
        this.#daemons[step.daemon]?.faults.push({ target: 'list', fault: 'empty', ms: 0, left: 1 })
    }
  }

  /** Everything is in order again; what was begun still takes its time. */
  calm(): void {
    for (const daemon of this.#daemons) {
      daemon.faults.length = 0
      daemon.skew = 0
      daemon.start()
    }
    this.#world.moods.calm()
  }

  #crash(index: number, down: number): void {
    this.#daemons[index]?.crash()
    this.#restartLater(index, down)
  }

  /** Whatever kills it: somebody starts it again. */
  #restartLater(index: number, ms: number): void {
    void this.#world.clock.sleep(ms + 500).then(() => this.#daemons[index]?.start())
  }

  #ours(pick: number): number | undefined {
    const ours = this.#world.ours()
    return ours[pick % Math.max(1, ours.length)]
  }

  #lock(pick: number, word: string): void {
    const targets = [TEMPLATE, ...this.#world.ours()]
    const vmid = targets[pick % targets.length] ?? TEMPLATE
    const entry = this.#world.entry(vmid)
    if (entry === undefined || entry.config.options['lock'] !== undefined) return
    this.#world.cluster.configs.write(vmid, entry.node, withOptions(entry.config, { lock: word }))
  }

  #addForeign(kind: ForeignKind, offset: number): void {
    const { cluster } = this.#world
    const vmid = cluster.configs.nextFree(RANGE.start + offset, RANGE.end)
    const [node = ''] = cluster.nodes.keys()
    if (vmid === undefined) return
    const model = this.#world.ours().map((ours) => this.#world.entry(ours)?.config)[0]
    const plain = containerConfig({ arch: 'amd64', hostname: 'theirs', memory: 64, ostype: 'debian' })
    const { tags = 'cmux-pool;cmux-ready', hostname = 'theirs' } = model?.options ?? {}
    const config = {
      plain,
      tagged: withOptions(plain, { tags }),
      described: withDescription(plain, model?.description),
      copy: withDescription(withOptions(plain, { tags, hostname }), model?.description),
      'other-pool': withDescription(
        withOptions(plain, { tags }),
        model?.description?.replace('"pool":"model"', '"pool":"other"').replace(/"vmid":\d+/, `"vmid":${vmid}`),
      ),
    }[kind]
    cluster.configs.create(vmid, node, config)
    this.#world.foreign(vmid)
  }

  #snapshot(pick: number): void {
    const vmid = this.#ours(pick)
    const node = vmid === undefined ? undefined : this.#world.onlineNode(vmid)
    if (vmid === undefined || node === undefined) return
    const path = `/nodes/${node}/lxc/${vmid}/snapshot`
    this.#world.router.invoke(node, 'POST', path, { snapname: 'theirs' }, SILENT).catch(() => {})
  }

  /** An operator changes something, as the web interface would: whole and at once. */
  #edit(pick: number, what: 'notes' | 'tags' | 'hostname' | 'memory'): void {
    const vmid = this.#ours(pick)
    const entry = vmid === undefined ? undefined : this.#world.entry(vmid)
    if (vmid === undefined || entry === undefined || entry.config.options['lock'] !== undefined) return
    const { config, node } = entry
    const { tags } = config.options
    const edited = {
      notes: withDescription(config, `A note of mine.\n${config.description ?? ''}\nAnother one.`),
      tags: withOptions(config, { tags: tags === undefined ? 'theirs' : `${tags};theirs` }),
      hostname: withOptions(config, { hostname: 'renamed' }),
      memory: withOptions(config, { memory: 96 }),
    }[what]
    this.#world.cluster.configs.write(vmid, node, edited)
  }

  #adopt(pick: number): void {
    const vmid = this.#ours(pick)
    const entry = vmid === undefined ? undefined : this.#world.entry(vmid)
    const state = vmid === undefined ? undefined : this.#world.record(vmid)?.state
    if (vmid === undefined || entry === undefined || (state !== 'ready' && state !== 'quarantined')) return
    const { config, node } = entry
    if (config.options['lock'] !== undefined) return
    // Its hook would take that back, and nobody could tell.
    if (this.#world.cluster.node(node).monitor.state(vmid)?.phase === 'post-stop') return
    const theirs = withDescription(withOptions(config, { tags: 'theirs', hostname: 'theirs' }), 'mine now')
    this.#world.cluster.configs.write(vmid, node, theirs)
    this.#world.foreign(vmid)
  }

  /** A daemon that runs goes by how much time has passed: the next one takes the machine's clock as it is then. */
  #turnClock(index: number, ms: number): void {
    const daemon = this.#daemons[index]
    if (daemon !== undefined) daemon.skew = ms
  }

  /** Every node loses power at once: only so can the cluster forget what it had agreed upon. */
  #powerCut(writes: number, down: number): void {
    const { cluster, ledger } = this.#world
    for (const [index, node] of [...cluster.nodes.values()].entries()) {
      if (!node.online) continue
      for (const vmid of node.monitor.vmids()) this.#world.disturb(vmid)
      cluster.powerCut(node, index === 0 ? writes : 0, down)
    }
    this.#world.powerFailedAt = this.#world.clock.now()
    ledger.forgetLost()
    this.#world.reviewOwners()
  }

  #reboot(index: number, down: number): void {
    const { cluster } = this.#world
    const nodes = [...cluster.nodes.values()]
    const node = nodes[index % nodes.length]
    if (node?.online !== true) return
    this.#world.powerFailedAt = this.#world.clock.now()
    for (const vmid of node.monitor.vmids()) this.#world.disturb(vmid)
    cluster.powerCut(node, 0, down)
  }

  /** What starts and ends between two looks at a ready container leaves nothing that a pool could see. */
  #cover(vmid: number): void {
    const world = this.#world
    const volume = world.volume(vmid)
    const startedAt = world.strangers.get(vmid) ?? Number.NEGATIVE_INFINITY
    if (volume !== undefined && world.clock.now() - startedAt < LOOKS) world.guests.unmark(volume, STRANGER)
  }

  #killWorker(pick: number): void {
    const workers = runningWorkers(this.#world)
    const worker = workers[pick % Math.max(1, workers.length)]
    if (worker === undefined) return
    this.#world.log(`kills ${worker.upid}`)
    worker.kill()
  }

  /** Somebody lays hands on a container that is not in use, or its init ends. */
  #meddle(pick: number, what: 'exit' | 'start' | 'stop'): void {
    const world = this.#world
    const vmid = this.#ours(pick)
    const node = vmid === undefined ? undefined : world.onlineNode(vmid)
    if (vmid === undefined || node === undefined) return
    world.disturb(vmid)
    this.#cover(vmid)
    if (what === 'exit') world.guests.exit(vmid)
    if (what === 'exit') return
    const { state, since = 0 } = world.record(vmid) ?? {}
    // Two starts within seconds cannot be told from one.
    if (what === 'start' && (state !== 'ready' || world.clock.now() / 1000 - since < 10)) return
    const path = `/nodes/${node}/lxc/${vmid}/status/${what}`
    const call = world.router.invoke(node, 'POST', path, {}, SILENT).catch(() => {})
    if (what === 'stop' || world.isRunning(vmid)) return
    void call.then(() => {
      const volume = world.volume(vmid)
      const isStillReady = world.record(vmid)?.state === 'ready'
      if (volume === undefined || !isStillReady || !world.isRunning(vmid)) return
      world.strangers.set(vmid, world.clock.now())
      world.guests.mark(volume, STRANGER)
    })
  }
}

/** What an administrator does about locks that no task stands behind: `pct unlock`, and away with what is left of a half destroyed container. */
export function unlock(world: World): void {
  for (const { vmid, node } of stuckLocks(world)) {
    const { config } = world.cluster.configs.find(vmid) ?? {}
    if (config === undefined) continue
    if (isRemains(config)) world.cluster.configs.delete(vmid)
    if (isRemains(config)) continue
    world.log(`pct unlock ${vmid}`)
    world.cluster.configs.write(vmid, node, withOptions(config, { lock: undefined }))
  }
}

/** Containers of ours, and templates, whose lock belongs to no task. */
export function stuckLocks(world: World): readonly { readonly vmid: number; readonly node: string }[] {
  const { configs } = world.cluster
  const busy = runningWorkers(world)
  const works = (vmid: number) =>
    busy.some(({ parts, upid }) => {
      if (parts.id === String(vmid)) return true
      const lines = world.cluster.node(parts.node).tasks.logs.lines(upid) ?? []
      return parts.type === 'vzclone' && (lines.length === 0 || lines.some((line) => line.endsWith(` with ID ${vmid}`)))
    })
  return [...configs.entries()]
    .filter(
      ([vmid, { config }]) => config.options['lock'] !== undefined && world.owner(vmid) !== 'foreign' && !works(vmid),
    )
    .map(([vmid, { node }]) => ({ vmid, node }))
}

/** Half made or half destroyed: nothing in it says whose it was (PVE-FACTS 3.2, 3.7). */
export const isRemains = ({ options, description }: ContainerConfig): boolean =>
  options['lock'] === 'destroyed' || (options['lock'] === 'create' && description === undefined)

/** No task runs, so that every lock that is there belongs to nobody; and no start goes on without its task, for which the whole node would wait. */
export const isIdle = (world: World): boolean =>
  runningWorkers(world).length === 0 &&
  [...world.cluster.nodes.values()].every(({ monitor }) => monitor.unanswered().length === 0)

function runningWorkers(world: World): readonly Worker[] {
  return [...world.cluster.nodes.values()].flatMap((node) =>
    node.tasks
      .list({ source: 'active', limit: 100 })
      .entries.map(({ upid }) => node.worker(String(upid)))
      .filter((worker) => worker !== undefined),
  )
}
