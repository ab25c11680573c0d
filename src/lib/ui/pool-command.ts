import type { Command } from '@oclif/core'
import { systemClock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { PoolClient } from '../pool/client.js'
import type { Vmid } from '../pve/client.js'
import { type Call, callText } from './dry-run.js'
import { ServiceCommand } from './service-command.js'

/** A command that asks the pool's daemon. */
export abstract class PoolCommand<T extends typeof Command> extends ServiceCommand<T> {
  #pool: PoolClient | undefined

  /** The daemon that PVE_POOL_URL names. Nothing is sent before the first call. */
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

  /** The same for each of the containers named, which the pool knows by VMID or hostname; see `forEach`. */
  protected async changeEach<Outcome extends object>(options: ChangeEach<Outcome>) {
    const { findPooled } = await import('../pool/find-pooled.js')
    const { references, verb, title, call, make, sentence } = options
    const pool = await this.pool()
    const { 'dry-run': dryRun }: Readonly<Record<string, unknown>> = this.flags
    if (dryRun !== true) this.progress = this.output.progress(title)
    return this.forEach<Outcome | Call>({
      references,
      verb,
      wait: true,
      run: async (reference) => {
        const vmid = await findPooled(pool, reference, this.signal)
        return (await this.change(call(vmid), () => make(pool, vmid))) ?? call(vmid)
      },
      sentence: (outcome) => ('method' in outcome ? callText(outcome) : sentence(outcome)),
    })
  }

  /** Looks every now and then until `look` gives something. Error: `timeout`, which says what was waited for. */
  protected async until<Seen>(
    look: (pool: PoolClient) => Promise<Seen | undefined>,
    { timeout, goal }: { readonly timeout: number; readonly goal: string },
  ): Promise<Seen> {
    const end = systemClock.now() + timeout
    for (;;) {
      const seen = await look(await this.pool())
      if (seen !== undefined) return seen
      if (systemClock.now() + LOOK_EVERY > end) {
        throw new CmuxError('timeout', `Gave up waiting until ${goal}`, {
          hint: 'It goes on: `cmux-pve pool status` shows how far it is.',
        })
      }
      await systemClock.sleep(LOOK_EVERY, this.signal)
    }
  }
}

/** Milliseconds. */
const LOOK_EVERY = 500

export interface ChangeEach<Outcome> {
  readonly references: readonly string[]
  /** Word that follows "could not". */
  readonly verb: string
  readonly title: string
  readonly call: (vmid: Vmid) => Call
  readonly make: (pool: PoolClient, vmid: Vmid) => Promise<Outcome>
  readonly sentence: (outcome: Outcome) => string
}
