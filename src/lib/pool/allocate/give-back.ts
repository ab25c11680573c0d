import { CmuxError, isCmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import type { RecordChange } from '../next-record.js'
import type { Lease, ReleaseOptions, ReleaseOutcome, RenewOptions } from '../pool.js'
import type { Claim, PoolRecord } from '../record.js'
import { POST_STOP } from '../run-state.js'
import type { Supply } from '../supply.js'
import type { Behind } from './behind.js'
import { checkTtl } from './check-request.js'

/** Somebody else's change each time is not by chance any more. */
const ATTEMPTS = 5

/** Takes containers back, and moves the end of leases: each one write, bound to what was read just before. */
export class GiveBack {
  readonly #context: PoolContext
  readonly #supply: Supply
  readonly #behind: Behind

  constructor(context: PoolContext, supply: Supply, behind: Behind) {
    this.#context = context
    this.#supply = supply
    this.#behind = behind
  }

  /** Answered when the record says `releasing`; the controller, of any daemon, carries on. */
  async release(vmid: Vmid, { instanceId }: ReleaseOptions = {}): Promise<ReleaseOutcome> {
    return this.#attempts(vmid, async (member) => {
      const outcome = outcomeOf(member)
      if (member.record.state !== 'claimed') return { ...outcome, already: true }
      checkHolder(member, instanceId)
      await this.#write(member, { state: 'releasing' })
      return { ...outcome, already: false }
    })
  }

  async remove(vmid: Vmid, { instanceId }: ReleaseOptions = {}): Promise<ReleaseOutcome> {
    return this.#attempts(vmid, async (member) => {
      const outcome = outcomeOf(member)
      if (member.record.state === 'releasing' && member.record.destroy) return { ...outcome, already: true }
      checkHolder(member, instanceId)
      await this.#write(member, { state: 'releasing', destroy: true })
      return { ...outcome, already: false }
    })
  }

  async renew(vmid: Vmid, { ttlSeconds, instanceId }: RenewOptions): Promise<Lease> {
    checkTtl(ttlSeconds)
    return this.#attempts(vmid, async (member) => {
      const claim = checkHolder(member, instanceId)
      if (claim === undefined) {
        throw new CmuxError('conflict', `container ${vmid} is not claimed: it is ${member.record.state}`, {
          hint: 'A lease that has ended cannot be renewed: allocate again.',
        })
      }
      const expires = Math.floor(this.#context.clock.now() / 1000) + ttlSeconds
      const written = await this.#write(member, { state: 'claimed', claim: { ...claim, expires } })
      return { vmid, instanceId: claim.instanceId, expires: await this.#outlast(member, written, expires) }
    })
  }

  /**
   * When the lease ends, by what was `written` or a later renewal. A guest may just have ended: its node may take back what was written then. Errors:
   * `changed` when it did.
   */
  async #outlast(member: Member, { generation, claim: renewed }: PoolRecord, expires: number): Promise<number> {
    if (await this.#hasSettled(member)) return expires
    const now = await this.#context.records.read(member)
    const claim = now?.record.claim
    if (now !== undefined && now.record.generation >= generation && claim?.id === renewed?.id)
      return claim?.expires ?? expires
    throw new CmuxError('changed', `the lease of container ${member.vmid} does not end as it was asked for`)
  }

  /** Reads the container as it is now, and does it all again when somebody changes it in between. Errors: `not-found`. */
  async #attempts<T>(vmid: Vmid, work: (member: Member) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      const member = await this.#read(vmid)
      if (member === undefined) {
        throw new CmuxError('not-found', `container ${vmid} is none of this pool`, {
          hint: '`cmux-pve pool list` shows those that are.',
        })
      }
      try {
        return await work(member)
      } catch (error) {
        if (!isCmuxError(error, 'changed') || attempt >= ATTEMPTS) throw error
      }
    }
  }

  /** Where the view thinks it is; else, or when it is not there any more, where the cluster says. */
  async #read(vmid: Vmid): Promise<Member | undefined> {
    const { client, records, view } = this.#context
    const known = view.find(vmid)
    const member = known === undefined ? undefined : await records.read(known)
    if (member !== undefined) return member
    try {
      return await records.read(await client.containers.find(vmid))
    } catch (error) {
      if (isCmuxError(error, 'not-found')) return undefined
      throw error
    }
  }

  /** A guest that has just ended: its node may bring the claim back. */
  async #staysReleased(member: Member, change: RecordChange): Promise<true> {
    const { records } = this.#context
    if (await this.#hasSettled(member)) return true
    const now = await records.read(member)
    if (now?.record.claim !== undefined && now.record.claim.id === member.record.claim?.id)
      await this.#write(now, change)
    return true
  }

  /** Whether no hook can be on its way any more that takes back what was just written; else resolves when it has come. */
  async #hasSettled(member: Member): Promise<boolean> {
    const { client, clock, signal } = this.#context
    const seen = await client.containers.status(member).catch(() => undefined)
    if (seen?.status === 'running') return true
    await clock.sleep(POST_STOP, signal)
    return false
  }

  /** The controller gets to know of it behind the answer: that takes another read. */
  async #write(member: Member, change: RecordChange): Promise<PoolRecord> {
    const { records } = this.#context
    const record = await records.write(member, change)
    void this.#behind.begin(`reading container ${member.vmid}`, async () => {
      const now = await records.read(member)
      if (now?.record.state === 'releasing') this.#supply.recycle(now)
      return true
    })
    if (change.state === 'releasing') {
      void this.#behind.begin(`the release of container ${member.vmid}`, () => this.#staysReleased(member, change))
    }
    return record
  }
}

const outcomeOf = ({ vmid, node, record: { claim } }: Member) => ({
  vmid,
  node,
  ...(claim !== undefined && { instanceId: claim.instanceId }),
})

/** The claim, if there is one. Errors: `conflict` when it is not of that instance. */
function checkHolder({ vmid, record }: Member, instanceId: string | undefined): Claim | undefined {
  const { claim } = record
  if (instanceId === undefined || claim?.instanceId === instanceId) return claim
  const holder = claim === undefined ? 'by nobody' : `by ${claim.instanceId}`
  throw new CmuxError('conflict', `container ${vmid} is not held by ${instanceId}, but ${holder}`, {
    hint: 'Leave the instance out to do it whoever holds the container.',
  })
}
