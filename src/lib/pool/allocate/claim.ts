import { after } from '../../clock.js'
import { isCmuxError } from '../../errors.js'
import { isQuorumLoss } from '../../pve/errors.js'
import type { PoolContext } from '../context.js'
import type { Member } from '../member.js'
import type { Claim, PoolRecord } from '../record.js'
import { claimTag } from '../record-tags.js'
import { isOlderThanBoot, startOf } from '../run-state.js'
import type { OwnClaim } from './abandon.js'

/** How one attempt at one container ended. */
export type ClaimOutcome =
  /** It is ours, and in the run state in which it became ready. */
  | { readonly kind: 'won'; readonly member: Member }
  /** Somebody else was faster, it is locked, or it is gone. */
  | { readonly kind: 'lost' }
  /** Another request for the same instance has it. */
  | { readonly kind: 'same-instance'; readonly member: Member }
  /** It is ours, or may be or become so, and cannot be used: it has to be abandoned. */
  | { readonly kind: 'unusable'; readonly claim: OwnClaim; readonly why: string }

/**
 * Milliseconds that a write may take before another container is tried. An answer that got lost is looked for much longer
 * (`src/lib/pve/lost-answer.ts`), behind the caller's back.
 */
const PATIENCE = 3_000

export interface ClaimOptions {
  /** Aborted before the write is sent, nothing is. */
  readonly signal: AbortSignal
  /** The claim stands, and is about to be proved. */
  readonly onClaimed?: () => void
}

/**
 * Claims one container: one write, bound to the digest of the ready record as it was observed, and one read that proves that the claim stands and
 * that the run state is the one in which the container became ready. Errors are those that say nothing about this one container.
 */
export async function claimContainer(
  context: PoolContext,
  member: Member,
  claim: Claim,
  { signal, onClaimed }: ClaimOptions,
): Promise<ClaimOutcome> {
  const { records } = context
  const { id, instanceId } = claim
  const own: OwnClaim = { id, instanceId, generation: member.record.generation + 1, digest: member.digest }
  const written = await inTime(context, (onSend) =>
    records.write(member, { state: 'claimed', claim }, { hostname: claim.instanceId, signal, onSend }),
  )
  if (written === 'late') return { kind: 'unusable', claim: own, why: 'the claim got no answer in time' }
  if ('error' in written) {
    // Refused before anything was written, as a look shows: the next container would fare no better.
    if (isQuorumLoss(written.error) && (await isAsObserved(context, member))) throw written.error
    if (isCmuxError(written.error, 'changed')) return afterChange(context, member, claim, own)
    if (isCmuxError(written.error, 'unavailable', 'timeout')) {
      return { kind: 'unusable', claim: own, why: written.error.message }
    }
    if (!isCmuxError(written.error, 'locked', 'not-found', 'failed', 'conflict')) throw written.error
    if (isCmuxError(written.error, 'locked'))
      context.emit({ kind: 'lock-met', vmid: member.vmid, word: written.error.message })
    await records.read(member).catch(() => undefined)
    return { kind: 'lost' }
  }
  onClaimed?.()
  const proof = await prove(context, member, claim)
  return proof === undefined
    ? { kind: 'won', member: claimed(context, member, written.record, claim.instanceId) }
    : { kind: 'unusable', claim: own, why: proof }
}

async function isAsObserved({ records }: PoolContext, member: Member): Promise<boolean> {
  try {
    return (await records.read(member))?.digest === member.digest
  } catch (error) {
    if (!isCmuxError(error)) throw error
    return false
  }
}

/** The write was refused because the container is no longer as it was observed: by whom? Perhaps by us: an answer got lost, and the client asked again. */
async function afterChange(context: PoolContext, member: Member, claim: Claim, own: OwnClaim): Promise<ClaimOutcome> {
  let now: Member | undefined
  try {
    now = await context.records.read(member)
  } catch (error) {
    if (!isCmuxError(error, 'unavailable', 'timeout', 'failed')) throw error
    return { kind: 'unusable', claim: own, why: error.message }
  }
  const holds = now?.record.claim
  if (now === undefined || holds?.instanceId !== claim.instanceId) return { kind: 'lost' }
  if (holds.id !== claim.id || now.record.generation !== own.generation) return { kind: 'same-instance', member: now }
  const proof = await prove(context, member, claim)
  return proof === undefined ? { kind: 'won', member: now } : { kind: 'unusable', claim: own, why: proof }
}

/**
 * What speaks against handing out a container on which we wrote a claim; undefined: nothing. One read shows both: the tag says by which claim it
 * is held, and the run state must be the one in which it became ready. A stopped one shows nothing of a power cut, in which the cluster may have forgotten
 * that somebody had it: its node is asked, at the same time, when it booted. `ready`: as the container was before the claim.
 */
async function prove(
  { client, clock, view, boots }: PoolContext,
  ready: Member,
  claim: Claim,
): Promise<string | undefined> {
  const { node, record } = ready
  try {
    const [{ status, tags, name, uptime }, bootedAt] = await Promise.all([
      client.containers.status(ready),
      record.tier.kind === 'stopped' ? boots.bootedAt(node) : undefined,
    ])
    if (!tags.includes(claimTag(claim)) || name !== claim.instanceId) return 'the claim does not stand'
    if (isOlderThanBoot(record.since, bootedAt)) return `node ${node} has booted since it became ready`
    const running = status === 'running'
    const { startedAt: _before, ...member } = ready
    return view.dirt({ ...member, running, ...(running && { startedAt: startOf(uptime, clock.now()) }) })
  } catch (error) {
    if (!isCmuxError(error, 'unavailable', 'timeout', 'not-found', 'failed', 'locked')) throw error
    return error.message
  }
}

/** The view learns at once what was written. Its new digest is not known, and its tags are the old ones: the next look at the index reads it. */
function claimed({ view }: PoolContext, member: Member, record: PoolRecord, hostname: string): Member {
  const now: Member = { ...member, record, hostname, digest: '', running: record.tier.kind === 'hot' }
  view.learn(now)
  return now
}

/** Waiting for its turn does not count: the time runs from when the write is sent. */
async function inTime(
  { clock }: PoolContext,
  write: (onSend: () => void) => Promise<PoolRecord>,
): Promise<{ readonly record: PoolRecord } | { readonly error: unknown } | 'late'> {
  let cancel = () => {}
  let late: () => void = () => undefined
  const lateness = new Promise<'late'>((resolve) => {
    late = () => resolve('late')
  })
  const onSend = () => {
    cancel = after(clock, PATIENCE, late)
  }
  const writing = write(onSend).then(
    (record) => ({ record }),
    (error: unknown) => ({ error }),
  )
  try {
    return await Promise.race([writing, lateness])
  } finally {
    cancel()
  }
}
