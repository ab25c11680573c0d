import pLimit from 'p-limit'
import type { Clock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { PveClient } from '../pve/client.js'
import type { ActContext } from './act/act-context.js'
import { Pace } from './act/pace.js'
import { VmidChoice } from './act/vmid-choice.js'
import { Ages } from './ages.js'
import { Alarms } from './alarms.js'
import { type CreateAllocator, createAllocator } from './allocate/allocator.js'
import { Answered } from './answered.js'
import { clusterClock } from './cluster-clock.js'
import type { LogEntry, PoolContext } from './context.js'
import { Controller } from './controller.js'
import { collectGarbage } from './garbage.js'
import type { GuestAccess } from './guest-access.js'
import { NodeBoots } from './node-boots.js'
import { NodeWrites } from './node-writes.js'
import { Observer } from './observe/observer.js'
import { Templates } from './observe/templates.js'
import { asStep } from './plan/action.js'
import type { Pool, PoolEvent } from './pool.js'
import { Quorum } from './quorum.js'
import { Records } from './records.js'
import { Rights } from './rights.js'
import type { PoolSettings } from './settings.js'
import { pooledContainer, poolStatus } from './status.js'
import { TemplateStates } from './template-states.js'
import { unknownTemplate } from './unknown-template.js'
import { View } from './view.js'
import { warm } from './warm.js'

export interface OpenPoolOptions {
  readonly client: PveClient
  readonly settings: PoolSettings
  /** One that does not jump (`steadyClock`), and the client's too: leases are timed by it. */
  readonly clock: Clock
  /** A number in [0, 1). */
  readonly random: () => number
  /** Id of this run; stands in every record that it writes, and must differ from that of any other run. */
  readonly owner: string
  readonly guests?: GuestAccess
  readonly onLog?: (entry: LogEntry) => void
}

/** A pool with the controller that keeps it. */
export interface RunningPool extends Pool {
  /** Keeps the pool until the signal is aborted; then begins nothing new, and resolves when what was begun has ended. */
  run(signal: AbortSignal): Promise<void>
  /** Observes once, plans, and resolves when everything that was begun for it has ended. */
  tick(): Promise<void>
  /** Ends all waiting. What runs in Proxmox goes on there; any daemon carries on with it. */
  close(): Promise<void>
}

export type OpenPool = (options: OpenPoolOptions) => Promise<RunningPool>

/** Opens a pool. Nothing is asked or begun before `run`, `tick` or a request. */
export const openPool: OpenPool = async (options) => assemblePool(options, createAllocator)

/** Destroys in flight. */
const DESTROYS = 4

/** Puts a pool together from its parts. */
export function assemblePool(options: OpenPoolOptions, createAllocator: CreateAllocator): RunningPool {
  const { client, settings, random, owner, guests, onLog } = options
  const clock = clusterClock(options.clock, client)
  const closing = new AbortController()
  const listeners = new Set<(event: PoolEvent) => void>()
  const view = new View()
  const emit = (event: PoolEvent) => {
    for (const listener of listeners) listener(event)
  }
  const alarms = new Alarms(emit)
  const quorum = new Quorum(alarms)
  const rights = new Rights(alarms, clock)
  const writes = new NodeWrites((error) => {
    quorum.refused(error)
    rights.met(error)
  })
  const records = new Records({
    ...{ client, clock, owner, view, writes, quorum },
    pool: settings.name,
    vmids: settings.vmids,
  })
  const context: PoolContext = {
    ...{ client, settings, clock, random, owner, view, records, writes },
    boots: new NodeBoots(client, clock),
    answered: new Answered(view),
    signal: closing.signal,
    emit,
    log: onLog ?? (() => undefined),
  }
  const templates = new Templates(client)
  const states = new TemplateStates(settings, templates, view)
  const vmids = new VmidChoice(settings.vmids, clock)
  const observer = new Observer(context, {
    ...{ templates, rights },
    isBusy: (vmid) => vmids.isHeld(vmid) || controller.isWorkingOn(vmid),
  })
  const act: ActContext = {
    ...context,
    ...{ observer, templates, quorum, rights, vmids },
    policyOf: (template) => states.policyOf(template),
    pace: new Pace(),
    ages: new Ages(),
    destroys: pLimit(DESTROYS),
    unable: { snapshot: new Set(), linkedClone: new Set() },
    ...(guests !== undefined && { guests }),
  }
  const controller: Controller = new Controller({
    ...{ context: act, states, alarms },
    demand: { waiting: (template) => allocator.waiting(template) },
  })
  const allocator = createAllocator(context, { supply: controller, ...(guests !== undefined && { guests }) })
  return {
    allocate: (request, caller) => allocator.allocate(request, caller),
    release: (vmid, release) => allocator.release(vmid, release),
    remove: (vmid, release) => allocator.remove(vmid, release),
    renew: (vmid, renew) => allocator.renew(vmid, renew),
    warm: (template, count) => warm({ controller, states, view, mode: controller.mode }, template, count),
    status: () =>
      poolStatus({
        context: act,
        states,
        alarms,
        mode: controller.mode,
        roundAt: controller.roundAt,
        waiting: (vmid) => allocator.waiting(vmid),
      }),
    list: () => view.all().map(pooledContainer),
    refresh: () => observer.refresh(),
    plan: async () => (await controller.look()).map(asStep),
    collectGarbage: ({ act: destroys }) => collectGarbage(act, destroys),
    pause: () => {
      if (controller.mode === 'draining' || states.all().some(({ draining }) => draining)) throw stillDraining()
      controller.mode = 'paused'
    },
    resume: () => {
      controller.mode = 'running'
      for (const state of states.all()) state.draining = false
      allocator.undrain()
      controller.wake()
    },
    drain: async (template) => {
      const state = template === undefined ? undefined : states.of(template)
      if (template !== undefined && state === undefined) throw unknownTemplate(template)
      if (state !== undefined && controller.mode === 'paused') throw isPaused()
      allocator.drain(template)
      for (const drained of state === undefined ? states.all() : [state]) drained.warm = 0
      if (state === undefined) controller.mode = 'draining'
      else state.draining = true
      controller.wake()
    },
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    run: (signal) => controller.run(signal),
    tick: () => controller.tick(),
    close: async () => {
      closing.abort(new CmuxError('interrupted', 'the pool is closed'))
      await allocator.settled()
    },
  }
}

/** A pause would let what is ready stay, and the drain be forgotten. */
const stillDraining = (): CmuxError =>
  new CmuxError('draining', 'The pool, or a template of it, is draining: a pause would hold that up', {
    hint: 'A drain is ended by `cmux-pve pool resume`; a pause may follow.',
  })

const isPaused = (): CmuxError =>
  new CmuxError('conflict', 'The pool is paused: nothing would be destroyed', {
    hint: 'cmux-pve pool resume, and then again; or drain the whole pool.',
  })
