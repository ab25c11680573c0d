import { CmuxError, isCmuxError } from '../../errors.js'
import type { PoolContext } from '../context.js'
import type { GuestAccess } from '../guest-access.js'
import type { Member } from '../member.js'
import type { Claim } from '../record.js'
import { inject, setHostname } from './inject.js'
import type { Order } from './order.js'
import { PowerOn } from './power-on.js'

const ATTEMPTS = 5

/** What a claimed container still needs before it is answered. */
export class Preparation {
  readonly #context: PoolContext
  readonly #guests: GuestAccess | undefined
  readonly #power: PowerOn

  constructor(context: PoolContext, guests: GuestAccess | undefined) {
    this.#context = context
    this.#guests = guests
    this.#power = new PowerOn(context)
  }

  start(member: Member, signal: AbortSignal): Promise<void> {
    return this.#power.start(member, signal)
  }

  /** A stopped one is started. A hot one runs: it only has to be told its name, and works under its old one if that fails. */
  async run(member: Member, { instanceId, signal }: Order): Promise<void> {
    if (member.record.tier.kind === 'stopped') return this.start(member, signal)
    if (this.#guests === undefined) return
    try {
      await setHostname(this.#guests, member, instanceId, signal)
    } catch (error) {
      signal.throwIfAborted()
      if (!isCmuxError(error)) throw error
      this.#context.log({ level: 'warn', message: error.message, vmid: member.vmid })
    }
  }

  /** A start command that is not there is no reason to keep the container back, but is told to whoever reads the log. */
  async inject(member: Member, order: Order): Promise<void> {
    if (this.#guests === undefined) return
    const { commandFound } = await inject(this.#guests, member, order, order.signal)
    if (commandFound) return
    const { vmid, node } = member
    const message = `the start command was not found in container ${vmid} on node ${node}, or cannot be executed`
    const { instanceId, caller } = order
    this.#context.log({ level: 'warn', message, reqId: caller.requestId, vmid, node, instanceId })
  }

  /** Says in the record that everything is inside. Answers the generation of that. Errors: `changed` when somebody took the container away. */
  async finish(member: Member, claim: Claim): Promise<number> {
    const { records } = this.#context
    for (let attempt = 1; ; attempt++) {
      const now = await records.read(member)
      const held = now?.record.claim
      if (now === undefined || held?.id !== claim.id) {
        throw new CmuxError('changed', `container ${member.vmid} was taken away while it was prepared`)
      }
      const { unfinished: _unfinished, ...finished } = held
      try {
        return (await records.write(now, { state: 'claimed', claim: finished })).generation
      } catch (error) {
        if (!isCmuxError(error, 'changed') || attempt >= ATTEMPTS) throw error
      }
    }
  }
}
