import { type CmuxError, isCmuxError } from '../errors.js'
import type { ContainerAddress } from '../pve/client.js'
import { isQuorumLoss } from '../pve/errors.js'
import type { ActContext } from './act/act-context.js'
import { destroy, destroyAlarm } from './act/destroy.js'
import { type Fill, makeClone, SourceBusy } from './act/fill.js'
import { finishFill } from './act/finish.js'
import { heat, heatingAlarm } from './act/heat.js'
import { inspectLock } from './act/inspect-lock.js'
import { Overtaken } from './act/overtaken.js'
import { recycle } from './act/recycle.js'
import { expire, retire } from './act/retire.js'
import { checkYoungerThanBoot } from './act/younger-than-boot.js'
import type { Alarms } from './alarms.js'
import { deferred } from './deferred.js'
import type { Jobs } from './jobs.js'
import type { Member } from './member.js'
import type { Action } from './plan/action.js'
import type { TemplateState, TemplateStates } from './template-states.js'

/** Milliseconds between two looks at a lock that is alarmed. */
const INSPECT_AGAIN = 60_000

/** Milliseconds that the sources of a template are left alone after one was found to be in use. */
const SOURCE_REST = 75

export interface PerformOptions {
  readonly context: ActContext
  readonly jobs: Jobs
  readonly states: TemplateStates
  readonly alarms: Alarms
  /** Containers on which a call of this run got no answer. */
  readonly uncertain: Set<number>
}

/** Begins what was planned, each as a job of its own, and learns from how they end. */
export class Performer {
  readonly #options: PerformOptions

  constructor(options: PerformOptions) {
    this.#options = options
  }

  begin(action: Action): void {
    const { jobs, states, context } = this.#options
    if (action.kind === 'wait') return
    if (action.kind === 'fill') {
      const state = states.of(action.template)
      if (state !== undefined) this.#fill(action, state)
      return
    }
    if (action.kind === 'inspect') {
      const key = `inspection of ${action.vmid}`
      if (jobs.isResting(key, context.clock.now())) return
      jobs.begin(key, async () => {
        await this.#guarded(key, () => inspectLock(context, this.#options.alarms, action))
        jobs.postpone(key, context.clock.now() + INSPECT_AGAIN)
      })
      return
    }
    const { member } = action
    const { vmid, node, record } = member
    context.log({
      // That somebody loses a container is no detail.
      level: action.kind === 'expire' ? 'info' : 'debug',
      message: `${action.kind} ${vmid}: ${action.why}`,
      ...{ vmid, node },
      ...(record.claim !== undefined && { instanceId: record.claim.instanceId }),
    })
    jobs.begin(`${member.vmid}`, () => this.#onMember(member, () => this.#act(action)))
  }

  async #act(action: Exclude<Action, { kind: 'fill' | 'wait' | 'inspect' }>): Promise<void> {
    const { context, states } = this.#options
    const { member } = action
    switch (action.kind) {
      case 'finish':
        await checkYoungerThanBoot(context, member)
        await this.#finish(member, context.clock.steady())
        return
      case 'retire':
        await retire(context, member, action.destroy)
        return
      case 'expire':
        await expire(context, member, action.kept)
        return
      case 'destroy':
        await this.#destroy(member)
        return
      case 'recycle': {
        const outcome = await recycle(context, member)
        if ('ready' in outcome) return
        context.log({ level: 'warn', message: `container ${member.vmid} is destroyed: ${outcome.unclean}` })
        this.#options.uncertain.add(member.vmid)
        return
      }
      case 'heat':
        await this.#heat(member, states.of(member.record.template))
    }
  }

  async #heat(member: Member, state: TemplateState | undefined): Promise<void> {
    const { context, alarms } = this.#options
    try {
      await heat(context, member)
      state?.heats.succeeded()
    } catch (error) {
      if (state !== undefined && !isHarmless(error) && !isQuorumLoss(error) && !context.signal.aborted) {
        const { heats, template } = state
        const now = context.clock.now()
        heats.failed(messageOf(error), now)
        if (heats.state(now) !== 'closed') {
          alarms.raise(heatingAlarm(template), {
            kind: 'breaker',
            template,
            message: `Making containers of template ${template} hot failed ${heats.failures} times in a row: ${heats.reason}`,
            remedy:
              'Stopped ones are handed out meanwhile. Start one by hand and see why its probe fails; it is tried again from time to time.',
          })
        }
      }
      throw error
    }
  }

  /** What is refused once may be over a moment later; what is refused again needs somebody. */
  async #destroy(member: Member): Promise<void> {
    const { context, jobs, alarms } = this.#options
    const { vmid, node, record } = member
    try {
      await destroy(context, member)
    } catch (error) {
      if (isRefusal(error) && !context.signal.aborted && jobs.failures(`${vmid}`) > 0) {
        alarms.raise(destroyAlarm(vmid), {
          kind: 'destroy-refused',
          vmid,
          template: record.template,
          message: `Container ${vmid} cannot be destroyed: ${error.message}`,
          remedy: error.hint ?? `See the task log of node ${node}; there: pct destroy ${vmid}`,
        })
      }
      throw error
    }
  }

  /** A fill keeps its source busy until the copy is made, and then goes on with the container while the next copy may begin. */
  #fill(action: Fill, state: TemplateState): void {
    const { context, jobs } = this.#options
    const { source } = action
    const began = context.clock.steady()
    const born = deferred()
    let isBorn = false
    const onBorn = (vmid: number) => {
      isBorn = true
      state.begun--
      jobs.begin(`${vmid}`, () => born.promise)
    }
    state.begun++
    state.copying.add(source.vmid)
    jobs.begin(`copy of ${source.vmid}`, async () => {
      let clone: ContainerAddress | undefined
      try {
        clone = await makeClone(context, action, onBorn)
        context.templates.released(source.vmid)
      } catch (error) {
        this.#fillFailed(error, action, state)
      } finally {
        state.copying.delete(source.vmid)
        if (!isBorn) state.begun--
      }
      if (clone === undefined) born.resolve()
      else void this.#goOn(clone, action, { state, began }).then(born.resolve)
    })
  }

  async #goOn(
    clone: ContainerAddress,
    action: Fill,
    { state, began }: { readonly state: TemplateState; readonly began: number },
  ): Promise<void> {
    const member = await this.#options.context.records.read(clone, { running: false }).catch((error: unknown) => {
      this.#fillFailed(error, action, state)
      return undefined
    })
    if (member !== undefined) await this.#onMember(member, () => this.#finish(member, began))
  }

  async #finish(member: Member, began: number): Promise<void> {
    const { context, states } = this.#options
    const state = states.of(member.record.template)
    try {
      const ready = await finishFill(context, member)
      const milliseconds = context.clock.steady() - began
      context.pace.measured(`fill ${member.record.template}`, milliseconds)
      state?.fills.succeeded()
      context.emit({ kind: 'filled', vmid: ready.vmid, template: ready.record.template, milliseconds })
    } catch (error) {
      if (state !== undefined && !isHarmless(error)) this.#countFailure(error, state)
      throw error
    }
  }

  #fillFailed(error: unknown, { template, source }: Fill, state: TemplateState): void {
    const { context, jobs } = this.#options
    if (context.signal.aborted) return
    if (error instanceof SourceBusy) {
      jobs.postpone(`sources of ${template}`, context.clock.now() + SOURCE_REST)
      return
    }
    context.quorum.refused(error)
    context.log({ level: 'warn', message: `filling from container ${source.vmid} failed: ${messageOf(error)}` })
    this.#countFailure(error, state)
  }

  #countFailure(error: unknown, state: TemplateState): void {
    const { context, alarms } = this.#options
    if (context.signal.aborted || isQuorumLoss(error) || isCmuxError(error, 'unauthorised', 'forbidden')) return
    const now = context.clock.now()
    state.fills.failed(messageOf(error), now)
    if (state.fills.state(now) === 'closed') return
    alarms.raise(`breaker:${state.template}`, {
      kind: 'breaker',
      template: state.template,
      message: `Filling from template ${state.template} failed ${state.fills.failures} times in a row: ${state.fills.reason}`,
      remedy: 'See the task log of the node, then wait: it is tried again from time to time.',
    })
  }

  /** A job on a member: what goes wrong is learned from, and never thrown. */
  async #onMember(member: Member, work: () => Promise<void>): Promise<void> {
    const { jobs, uncertain, context } = this.#options
    const key = `${member.vmid}`
    try {
      await work()
      jobs.succeeded(key)
    } catch (error) {
      if (context.signal.aborted) return
      jobs.failed(key, context.clock.now())
      context.quorum.refused(error)
      if (!isHarmless(error)) {
        if (mayGoOn(error)) uncertain.add(member.vmid)
        context.log({ level: 'warn', message: messageOf(error), vmid: member.vmid })
      }
      await this.#guarded(key, async () => void (await context.records.look(context.view.find(member.vmid) ?? member)))
    }
  }

  async #guarded(key: string, work: () => Promise<void>): Promise<void> {
    const { context, jobs } = this.#options
    try {
      await work()
    } catch (error) {
      if (context.signal.aborted) return
      jobs.failed(key, context.clock.now())
      context.log({ level: 'warn', message: messageOf(error) })
    }
  }
}

/** Somebody else was faster, or it is locked for a moment: what is there is looked at anew. */
const isHarmless = (error: unknown): boolean => error instanceof Overtaken || isCmuxError(error, 'changed', 'locked')

/** Proxmox has said no, and it is about this container. */
const isRefusal = (error: unknown): error is CmuxError =>
  isCmuxError(error) &&
  !isQuorumLoss(error) &&
  !isCmuxError(error, 'changed', 'locked', 'not-found', 'unavailable', 'timeout', 'unauthorised')

/** What was asked for may still be done, or was done by half. */
const mayGoOn = (error: unknown): boolean =>
  !isCmuxError(error, 'changed', 'locked', 'not-found', 'not-configured', 'forbidden')

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
