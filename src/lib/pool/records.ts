import { after, type Clock } from '../clock.js'
import { CmuxError, isCmuxError } from '../errors.js'
import {
  type ContainerAddress,
  type ContainerConfig,
  type ContainerStatus,
  type PveClient,
  toVmid,
} from '../pve/client.js'
import type { VmidRange } from '../settings/settings.js'
import type { Member } from './member.js'
import { nextRecord, type RecordChange } from './next-record.js'
import type { NodeWrites } from './node-writes.js'
import type { Quorum } from './quorum.js'
import type { PoolRecord } from './record.js'
import { recordIn, withRecord } from './record-codec.js'
import { POOL_TAG, recordTags } from './record-tags.js'
import { type RunState, startOf } from './run-state.js'
import type { View } from './view.js'

/** Milliseconds that a run state may take to come. */
const LOOK_PATIENCE = 5_000

export interface RecordsOptions {
  readonly client: PveClient
  readonly clock: Clock
  readonly pool: string
  readonly vmids: VmidRange
  readonly owner: string
  readonly view: View
  readonly writes: NodeWrites
  readonly quorum: Quorum
}

export interface WriteOptions {
  readonly hostname?: string
  /** Absent: protected from deletion unless it is filling or is being destroyed. */
  readonly protection?: boolean
  /** Aborted before its turn comes, nothing is sent. A write on its way is never cut short: what it did would not be known. */
  readonly signal?: AbortSignal
  /** Its turn has come: it is being sent. */
  readonly onSend?: () => void
}

/** Reads and writes the records of members: the only place that changes one. */
export class Records {
  readonly #options: RecordsOptions

  constructor(options: RecordsOptions) {
    this.#options = options
  }

  /**
   * Reads a container's configuration. The view learns what is there. Undefined: it is gone, or none of this pool. `known` is its run
   * state where the caller has just seen it, absent: as it was known before.
   */
  async read(address: ContainerAddress, known?: RunState): Promise<Member | undefined> {
    const { client, view } = this.#options
    const vmid = toVmid(address.vmid)
    const asOf = view.moment()
    let config: ContainerConfig
    try {
      config = await client.containers.config(address, { current: true })
    } catch (error) {
      if (!isCmuxError(error, 'not-found')) throw error
      if (view.find(vmid)?.node === address.node) view.forget(vmid, asOf)
      return undefined
    }
    const before = view.find(vmid)
    const member = this.memberOf(
      address,
      config,
      known ?? (before?.node === address.node ? runStateOf(before) : undefined),
    )
    if (member === undefined) view.forget(vmid, asOf)
    else view.learn(member, asOf)
    return member
  }

  /** Reads the run state too, unless it does not come at once: a container that is stuck in its start blocks that call (PVE-FACTS 3.6). */
  async look(address: ContainerAddress): Promise<Member | undefined> {
    const { clock, client } = this.#options
    const seen = await new Promise<RunState | undefined>((resolve) => {
      const cancel = after(clock, LOOK_PATIENCE, () => resolve(undefined))
      client.containers
        .status(address)
        .then(
          (status) => resolve(runState(status, clock.now())),
          () => resolve(undefined),
        )
        .finally(cancel)
    })
    return this.read(address, seen)
  }

  /** The member that a configuration shows; undefined when it is none of this pool. */
  memberOf(address: ContainerAddress, config: ContainerConfig, known: RunState | undefined): Member | undefined {
    const { pool, vmids } = this.#options
    const record = recordIn(config.description)
    if (record === undefined || record.pool !== pool || record.vmid !== address.vmid) return undefined
    // Without the tag somebody took it out of the pool on purpose; only a clone is born without it.
    if (record.state !== 'filling' && !config.tags.includes(POOL_TAG)) return undefined
    if (config.template || address.vmid < vmids.start || address.vmid > vmids.end) return undefined
    return {
      vmid: record.vmid,
      node: address.node,
      hostname: config.hostname ?? `CT${address.vmid}`,
      record,
      digest: config.digest,
      description: config.description ?? '',
      tags: config.tags,
      ...(config.parent !== undefined && { parent: config.parent }),
      ...(config.lock !== undefined && { lock: config.lock }),
      whole: config.options['rootfs'] !== undefined,
      protection: config.options['protection'] === 1,
      running: known?.running,
      ...(known?.startedAt !== undefined && { startedAt: known.startedAt }),
    }
  }

  /**
   * ONE write: the record that follows, its tags and the protection, bound to the digest of what was read. Answers the record written.
   * The view is told only by the read that follows (`read`), as the new digest is not known. Errors: `changed` when the container is no longer as it was
   * read; all of the client's.
   */
  async write(member: Member, change: RecordChange, options: WriteOptions = {}): Promise<PoolRecord> {
    checkDigest(member)
    const { client, clock, owner, writes, quorum } = this.#options
    const record = nextRecord(member.record, change, { owner, now: clock.now() })
    const { hostname, protection = record.state !== 'filling', signal, onSend } = options
    await writes.run(member.node, () => {
      signal?.throwIfAborted()
      onSend?.()
      return client.containers.update(member, {
        set: {
          description: withRecord(member.description, record),
          tags: recordTags(record, member.tags).join(';'),
          protection,
          ...(hostname !== undefined && { hostname }),
        },
        digest: member.digest,
      })
    })
    quorum.isThere()
    return record
  }

  /**
   * Writes what is there already, bound to its digest: shows whether the cluster takes changes, and changes nothing. Only for a protected
   * one. Errors: as of `write`.
   */
  async touch(member: Member): Promise<void> {
    const { client, writes, quorum } = this.#options
    checkDigest(member)
    await writes.run(member.node, () =>
      client.containers.update(member, { set: { protection: true }, digest: member.digest }),
    )
    quorum.isThere()
  }

  /** A write and the read that shows it. Undefined: somebody else wrote in between, after ours. */
  async change(member: Member, change: RecordChange, options: WriteOptions = {}): Promise<Member | undefined> {
    const record = await this.write(member, change, options)
    const now = await this.read(member)
    return now?.record.generation === record.generation && now.record.owner === record.owner ? now : undefined
  }
}

function checkDigest({ vmid, digest }: Member): void {
  if (/^[0-9a-f]{40}$/.test(digest)) return
  throw new CmuxError('internal', `container ${vmid} was read without a digest: nothing may be written to it`)
}

/** What a status says about the run state, at `now` (milliseconds since the epoch). */
export const runState = ({ status, uptime }: ContainerStatus, now: number): RunState =>
  status === 'running' ? { running: true, startedAt: startOf(uptime, now) } : { running: false }

const runStateOf = ({ running, startedAt }: Member): RunState | undefined =>
  running === undefined ? undefined : { running, ...(startedAt !== undefined && { startedAt }) }
