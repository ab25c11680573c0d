import type { Command } from '@oclif/core'
import { systemClock } from '../clock.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { PoolClient } from '../pool/client.js'
import type { PoolStatus } from '../pool/pool.js'
import type { Vmid } from '../pve/client.js'
import { type Call, callText } from './dry-run.js'
import type { Obstacle } from './obstacles.js'
import { ServiceCommand } from './service-command.js'

/** A command that asks the pool's daemon. */
export abstract class PoolCommand<T extends typeof Command> extends ServiceCommand<T> {
  #pool: PoolClient | undefined
  /** Obstacles that were said already. */
  readonly #told = new Set<string>()

  /** The daemon that the settings name. Nothing is sent before the first call. */
  protected async pool(): Promise<PoolClient> {
    if (this.#pool === undefined) {
      const { pool } = await this.settings()
      const { PoolClient } = await import('../pool/client.js')
      const client = new PoolClient(pool)
      this.#pool = client
      this.atEnd(() => client.close())
    }
    return this.#pool
  }

  /** Makes a call that changes something; under --dry-run it is shown in place of that, and there is no answer. */
  protected async change<Answer>(call: Call, make: (pool: PoolClient) => Promise<Answer>): Promise<Answer | undefined> {
    const { 'dry-run': dryRun }: Readonly<Record<string, unknown>> = this.flags
    if (dryRun !== true) return make(await this.pool())
    this.plan = [...this.plan, { text: callText(call), data: call }]
    return undefined
  }

  /**
   * The same for each of the containers named, which the pool knows by VMID or hostname, or for the one that the instance holds; see `forEach`.
   */
  protected async changeEach<Outcome extends object>(options: ChangeEach<Outcome>) {
    const { findHeld, findPooled, instanceHint } = await import('../pool/find-pooled.js')
    const { named, instanceId, verb, title, call, make, sentence } = options
    const references = meant(named, instanceId)
    const pool = await this.pool()
    const find = named.length === 0 ? findHeld : findPooled
    const { 'dry-run': dryRun }: Readonly<Record<string, unknown>> = this.flags
    if (dryRun !== true) this.progress = this.output.progress(title)
    return this.forEach<Outcome | Call>({
      references,
      find: async (hostname) => ({ vmid: (await find(pool, hostname, this.signal))[0] }),
      verb,
      wait: true,
      run: async (reference) => {
        const [vmid, ...others] = await find(pool, reference, this.signal)
        if (others.length > 0) this.output.warn(`${reference} holds ${[vmid, ...others].join(' and ')}: all of them`)
        for (const other of others) await this.change(call(other), () => make(pool, other))
        const change = this.change(call(vmid), () => make(pool, vmid))
        return (await withHint(change, /^\d+$/.test(reference) ? instanceHint(reference) : undefined)) ?? call(vmid)
      },
      sentence: (outcome) => ('method' in outcome ? callText(outcome) : sentence(outcome)),
    })
  }

  /**
   * Looks at the pool every now and then until `look` gives something; what holds it up meanwhile is said as it comes up. Error: `timeout`, which
   * says what was waited for, and what stood in the way.
   */
  protected async until<Seen>(
    look: (status: PoolStatus) => Seen | undefined,
    { timeout, goal, template }: { readonly timeout: number; readonly goal: string; readonly template?: number },
  ): Promise<Seen> {
    const pool = await this.pool()
    const end = systemClock.now() + timeout
    for (;;) {
      const status = await pool.status({ signal: this.signal, timeout: patience(end - systemClock.now()) })
      const seen = look(status)
      if (seen !== undefined) return seen
      const obstacle = await this.#tell(status, template)
      if (systemClock.now() + LOOK_EVERY > end) throw gaveUp(goal, obstacle)
      await systemClock.sleep(LOOK_EVERY, this.signal)
    }
  }

  /** While `work` takes its time, what holds up the pool is said as it comes up. */
  protected async attended<Answer>(work: Promise<Answer>, template: number): Promise<Answer> {
    const over = new AbortController()
    const attending = this.#attend(template, AbortSignal.any([over.signal, this.signal]))
    try {
      return await work
    } finally {
      over.abort()
      await attending
    }
  }

  async #attend(template: number, signal: AbortSignal): Promise<void> {
    const pool = await this.pool()
    try {
      for (;;) {
        await systemClock.sleep(ATTEND_EVERY, signal)
        await this.#tell(await pool.status({ signal }), template)
      }
    } catch {
      // That it is over, or that no answer comes, is for the work itself to tell.
    }
  }

  /** Says each obstacle once; the first of those that there are now. */
  async #tell(status: PoolStatus, template: number | undefined): Promise<Obstacle | undefined> {
    const { obstacles, obstacleText } = await import('./obstacles.js')
    const found = obstacles(status, template)
    for (const obstacle of found) {
      if (this.#told.has(obstacle.key)) continue
      this.#told.add(obstacle.key)
      this.output.warn(obstacleText(obstacle))
    }
    return found[0]
  }
}

/** What a command line names: containers, or else the instance that holds one. Error: `usage` when neither is there. */
export function meant(named: readonly string[], instanceId: string | undefined): readonly string[] {
  if (named.length > 0) return named
  if (instanceId !== undefined) return [instanceId]
  throw new CmuxError('usage', 'No container is named', {
    hint: 'Name VMIDs or hostnames, or with --instance-id the instance that holds one.',
  })
}

/** A container that was not found is told of with this hint, too. */
async function withHint<T>(work: Promise<T>, hint: string | undefined): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (hint === undefined || !isCmuxError(error, 'not-found')) throw error
    const hints = error.hint === undefined ? hint : `${error.hint} ${hint}`
    throw new CmuxError(error.code, error.message, { hint: hints, data: error.data, cause: error })
  }
}

/** Milliseconds. */
const LOOK_EVERY = 500
const ATTEND_EVERY = 2_000
const LEAST_PATIENCE = 2_000
const MOST_PATIENCE = 30_000

/** Milliseconds that an answer of the daemon may take when the user has so many left. */
export const patience = (left: number): number => Math.min(MOST_PATIENCE, Math.max(LEAST_PATIENCE, left))

const gaveUp = (goal: string, obstacle: Obstacle | undefined): CmuxError =>
  obstacle === undefined
    ? new CmuxError('timeout', `Gave up waiting until ${goal}`, {
        hint: 'It goes on: `cmux-pve pool status` shows how far it is.',
      })
    : new CmuxError('timeout', `Gave up waiting until ${goal}, which is held up: ${obstacle.message}`, {
        hint: obstacle.remedy ?? 'See `cmux-pve pool status`.',
      })

export interface ChangeEach<Outcome> {
  /** VMIDs and hostnames; none: the container that `instanceId` holds. */
  readonly named: readonly string[]
  readonly instanceId: string | undefined
  /** Word that follows "could not". */
  readonly verb: string
  readonly title: string
  readonly call: (vmid: Vmid) => Call
  readonly make: (pool: PoolClient, vmid: Vmid) => Promise<Outcome>
  readonly sentence: (outcome: Outcome) => string
}
