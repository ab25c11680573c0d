import { after } from '../clock.js'
import type { Vmid } from '../pve/client.js'
import type { ActContext } from './act/act-context.js'
import { QUORUM_PAUSE, seekQuorum } from './act/seek-quorum.js'
import type { Alarms } from './alarms.js'
import { deferred } from './deferred.js'
import { type Hindrance, PAUSED, templateMissing, unreachable } from './hindrance.js'
import { Jobs } from './jobs.js'
import type { Member } from './member.js'
import { outlook } from './outlook.js'
import { pauseUntilLook, pauseUntilUnlocked } from './pause.js'
import { Performer } from './perform.js'
import type { Action } from './plan/action.js'
import type { Observation } from './plan/observation.js'
import { plan } from './plan/plan.js'
import type { TemplatePolicy } from './settings.js'
import { settleAlarms, settleReachability } from './settle-alarms.js'
import type { Demand, Outlook, Supply } from './supply.js'
import type { TemplateState, TemplateStates } from './template-states.js'
import { settleWarm } from './warm.js'

/** Milliseconds for which a list is fresh enough to decide by; a slow one counts longer, so that lists never take most of the time. */
const FRESH = 100
const SLOW = 5
/** Milliseconds for which a template that is missing is not looked for again. */
const LOOK_AGAIN = 1_000

/** Observes, plans and acts: at every tick, and as soon as something has ended or was asked for. */
export class Controller implements Supply {
  readonly #context: ActContext
  readonly #states: TemplateStates
  readonly #alarms: Alarms
  readonly #demand: Demand
  readonly #jobs: Jobs
  readonly #performer: Performer
  readonly #uncertain = new Set<number>()
  #mode: 'running' | 'paused' | 'draining' = 'running'
  #seekAt = 0
  #roundAt: number | undefined
  #stepping: Promise<readonly Action[]> = Promise.resolve([])
  #woken = deferred()

  constructor(options: { context: ActContext; states: TemplateStates; alarms: Alarms; demand: Demand }) {
    const { context, states, alarms, demand } = options
    this.#context = context
    this.#states = states
    this.#alarms = alarms
    this.#demand = demand
    this.#jobs = new Jobs(context.settings.interval, () => this.wake())
    this.#performer = new Performer({ context, states, alarms, jobs: this.#jobs, uncertain: this.#uncertain })
    context.view.onChange(({ vmid, before, member }) => {
      if (member !== undefined) context.ages.saw(member, context.clock.now())
      else context.ages.gone(vmid)
      if (member === undefined || member.record.state === 'ready') this.#uncertain.delete(vmid)
      // What failed because of a lock is worth another try as soon as that is gone.
      if (before?.lock !== undefined && member?.lock === undefined) this.#jobs.succeeded(`${vmid}`)
      const to = member?.record.state ?? 'gone'
      const from = before?.record.state
      const template = (member ?? before)?.record.template
      if (from === to || template === undefined) return
      context.emit({ kind: 'state', vmid, template, ...(from !== undefined && { from }), to })
      // Somebody got it, or it is ready no more: another one takes its place.
      if (from === 'ready') this.wake()
    })
  }

  get mode(): 'running' | 'paused' | 'draining' {
    return this.#mode
  }

  set mode(mode: 'running' | 'paused' | 'draining') {
    this.#mode = mode
    this.wake()
  }

  /** When it last came round, whether or not Proxmox answered: milliseconds since the epoch. */
  get roundAt(): number | undefined {
    return this.#roundAt
  }

  /** Keeps the pool until the signal is aborted, then resolves when what was begun has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { log } = this.#context
    let list = true
    let waitsSince: number | undefined
    let trouble: string | undefined
    while (!signal.aborted) {
      let planned: readonly Action[] = []
      try {
        planned = await this.#step(list)
        trouble = undefined
      } catch (error) {
        if (signal.aborted || this.#context.signal.aborted) break
        const message = error instanceof Error ? error.message : String(error)
        log({ level: message === trouble ? 'debug' : 'error', message })
        trouble = message
      }
      this.#roundAt = this.#context.clock.now()
      waitsSince = planned.some(({ kind }) => kind === 'wait') ? (waitsSince ?? this.#roundAt) : undefined
      const lockLasts = waitsSince === undefined ? undefined : this.#roundAt - waitsSince
      list = await this.#sleep(this.#pause(this.#roundAt, lockLasts), signal)
    }
    await this.#jobs.allEnded()
  }

  /** `lockLasts`: milliseconds; undefined: no lock is waited for. What somebody has to put right is looked for more often. */
  #pause(now: number, lockLasts: number | undefined): number {
    const { settings, quorum, rights, view, random } = this.#context
    const timing = { interval: settings.interval, random: random() }
    if (lockLasts !== undefined) return pauseUntilUnlocked(lockLasts, timing)
    const pause = pauseUntilLook(view.all(), now, timing)
    return quorum.lost || rights.refusal !== undefined ? Math.min(pause, QUORUM_PAUSE) : pause
  }

  async tick(): Promise<void> {
    await this.#step(true)
    while (this.#jobs.count > 0) {
      await this.#jobs.oneEnded()
      await this.#step(false)
    }
  }

  /** What would be done now. */
  async look(): Promise<readonly Action[]> {
    await this.#noticing(this.#context.observer.refresh())
    return plan(this.#observation())
  }

  wake(): void {
    this.#woken.resolve()
  }

  /** Whether a job of this run is at it. */
  isWorkingOn(vmid: number): boolean {
    return this.#jobs.isRunning(`${vmid}`)
  }

  recycle(member: Member): void {
    this.#context.view.learn(member)
    this.wake()
  }

  async know(template: Vmid): Promise<TemplatePolicy | undefined> {
    const { settings, templates, observer } = this.#context
    const known = this.#states.of(template)?.policy
    if (known !== undefined) await this.#lookAgain(template)
    if (known !== undefined || settings.templates !== undefined) return known
    if (observer.index?.containers.has(template) !== true) await this.#noticing(observer.refresh())
    const node = observer.index?.containers.get(template)?.node
    if (node === undefined || !(await templates.isTemplate({ vmid: template, node }))) return undefined
    templates.want(template)
    this.wake()
    return settings.defaults
  }

  /** Whoever asks for a template that was missing has perhaps just made it. */
  async #lookAgain(template: Vmid): Promise<void> {
    const { templates, observer, clock, view } = this.#context
    if (templates.absence(template) === undefined || view.candidates(template).length > 0) return
    if (clock.now() - (observer.observedAt ?? 0) >= LOOK_AGAIN)
      await this.#noticing(observer.refresh()).catch(() => undefined)
  }

  outlook(template: Vmid): Outlook {
    const hindrance = this.#context.rights.refusal ?? this.#missing(template)
    const state = this.#states.of(template)
    return outlook(this.#context, { template, state, mode: this.#mode, hindrance, delay: this.#delay() })
  }

  /** Whatever a look came to, whether Proxmox answered is told. */
  #noticing(look: Promise<void>): Promise<void> {
    return look.finally(() => settleReachability(this.#alarms, this.#context.observer.trouble))
  }

  #delay(): Hindrance | undefined {
    const { trouble } = this.#context.observer
    if (trouble !== undefined) return unreachable(trouble)
    return this.#mode === 'paused' ? PAUSED : undefined
  }

  #missing(template: Vmid): Hindrance | undefined {
    const absence = this.#context.templates.absence(template)
    return absence === undefined ? undefined : templateMissing(template, absence)
  }

  /** Steps follow each other: one at a time decides. */
  #step(list: boolean): Promise<readonly Action[]> {
    const step = this.#stepping.then(
      () => this.#stepNow(list),
      () => this.#stepNow(list),
    )
    this.#stepping = step
    return step
  }

  async #stepNow(list: boolean): Promise<readonly Action[]> {
    const { observer, signal, log } = this.#context
    signal.throwIfAborted()
    this.#woken = deferred()
    const fresh = Math.max(FRESH, SLOW * observer.took)
    await this.#noticing(list ? observer.refresh() : observer.refreshUnlessYounger(fresh))
    if (!observer.reachable) return []
    settleWarm(this.#states.all(), this.#context.view)
    const observation = this.#observation()
    settleAlarms(this.#alarms, observation, (template) => this.#missing(template))
    const actions = await this.#possible(plan(observation))
    for (const action of actions) {
      if (action.kind === 'fill') log({ level: 'debug', message: `fill from ${action.source.vmid}: ${action.why}` })
      this.#performer.begin(action)
    }
    return actions
  }

  /** Without a quorum nothing is begun, but for the one change that shows whether it is back when nothing else can. */
  async #possible(planned: readonly Action[]): Promise<readonly Action[]> {
    const { quorum, clock } = this.#context
    if (!quorum.lost) return planned
    if (clock.now() < this.#seekAt) return []
    const known = await seekQuorum(this.#context)
    this.#seekAt = clock.now() + QUORUM_PAUSE
    // What was planned is as old as the look for the quorum took: it is planned anew.
    if (!quorum.lost) this.wake()
    return known ? [] : planned.filter(({ kind }) => kind !== 'wait').slice(0, 1)
  }

  /** Until it is woken, or the time is over: then the cluster is to be observed anew. */
  #sleep(milliseconds: number, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const ends = [signal, this.#context.signal]
      const wake = () => end(false)
      const end = (isOver: boolean) => {
        cancel()
        for (const each of ends) each.removeEventListener('abort', wake)
        resolve(isOver)
      }
      const cancel = after(this.#context.clock, milliseconds, () => end(true))
      for (const each of ends) each.addEventListener('abort', wake)
      if (ends.some(({ aborted }) => aborted)) wake()
      void this.#woken.promise.then(wake)
    })
  }

  #observation(): Observation {
    const { view, clock, owner, observer, random, settings, ages, answered } = this.#context
    const now = clock.now()
    const members = view.all()
    return {
      now,
      owner,
      mode: this.#mode,
      random,
      ...(settings.batch !== undefined && { batch: settings.batch }),
      nodes: observer.index?.nodes ?? [],
      members,
      unchangedFor: (vmid) => ages.ofRecord(vmid, now),
      sameLockFor: (vmid) => ages.ofLock(vmid, now),
      strangers: this.#strangers(now),
      isBusy: (vmid) => this.#jobs.isBusy(vmid, now),
      isUncertain: (vmid) => this.#uncertain.has(vmid),
      dirt: (member) => view.dirt(member),
      isOlderThanBoot: (member) => view.isOlderThanBoot(member),
      isAnswered: (claimId) => answered.has(claimId),
      templates: this.#states.all().map((state) => this.#observedTemplate(state, now)),
    }
  }

  /** What a creation or a destruction that broke off has left: it tells nobody whose it is. */
  #strangers(now: number): Observation['strangers'] {
    const { observer, ages } = this.#context
    return observer.foreign.flatMap(({ vmid, node, lock }) => {
      ages.sawLock(vmid, lock, now)
      return lock === 'create' || lock === 'destroyed' ? [{ vmid, node, lock }] : []
    })
  }

  #observedTemplate(state: TemplateState, now: number) {
    const { template, policy, begun, warm, draining, copying, fills, heats } = state
    const seen = this.#context.templates.get(template)
    for (const { vmid, lock } of seen?.sources ?? []) this.#context.ages.sawLock(vmid, lock, now)
    return {
      template,
      policy,
      begun,
      warm,
      draining,
      ...(seen !== undefined && { revision: seen.revision }),
      sources: (this.#jobs.isResting(`sources of ${template}`, now) ? [] : (seen?.sources ?? [])).filter(
        ({ vmid }) => !copying.has(vmid),
      ),
      waiting: this.#demand.waiting(template),
      breaker: this.#context.rights.refusal === undefined ? fills.state(now) : 'open',
      heatBreaker: heats.state(now),
    }
  }
}
