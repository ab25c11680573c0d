import * as z from 'zod/mini'
import { CmuxError } from '../../errors.js'
import { toVmid } from '../../pve/vmid.js'
import type {
  Alarm,
  Allocation,
  Lease,
  Orphan,
  PlannedStep,
  PooledContainer,
  PoolStatus,
  ReleaseOutcome,
  WarmOutcome,
} from '../pool.js'
import * as answers from './answers.js'

/** The other way round than translate.ts: what a daemon answered, checked, in the words of the library. */
export const readAllocation = (value: unknown): Allocation => {
  const answer = checked(answers.allocation, value)
  return {
    vmid: toVmid(answer.vmid),
    node: answer.node,
    hostname: answer.hostname,
    instanceId: answer.instance_id,
    template: toVmid(answer.template_vmid),
    fromPool: answer.allocated_from_pool,
    tier: answer.tier,
    status: answer.status,
    claimId: answer.claim_id,
    ...known('expires', seconds(answer.expires_at)),
    stages: answer.stages,
  }
}

export const readStatus = (value: unknown): PoolStatus => {
  const answer = checked(answers.status, value)
  return {
    templates: Object.values(answer.templates).map((one) => ({
      template: toVmid(one.template_vmid),
      revision: one.revision,
      ready: one.ready_count,
      hot: one.hot_count,
      claimed: one.allocated_count,
      filling: one.filling_count,
      releasing: one.releasing_count,
      quarantined: one.quarantined_count,
      min: one.min_size,
      target: one.target_size,
      max: one.max_size,
      breaker: one.breaker,
      ...known('missing', one.missing),
      ...known('fillTime', one.fill_milliseconds),
    })),
    waiting: answer.clone_queue_length,
    mode: answer.mode,
    ...known('observedAt', seconds(answer.observed_at)),
    alarms: answer.alarms.map(readAlarm),
    cluster: {
      reachable: answer.cluster.reachable,
      quorate: answer.cluster.quorate,
      ...known('refuses', answer.cluster.refuses),
    },
  }
}

export const readContainers = (value: unknown): readonly PooledContainer[] =>
  checked(answers.containers, value).containers.map((one) => ({
    vmid: toVmid(one.vmid),
    node: one.node,
    hostname: one.hostname,
    template: toVmid(one.template_vmid),
    revision: one.revision,
    state: one.state,
    tier: one.tier,
    since: seconds(one.since) ?? 0,
    ...known('instanceId', one.instance_id),
    ...known('expires', seconds(one.expires_at)),
    metadata: one.metadata,
    ...known('reason', one.reason),
  }))

export const readReleased = (value: unknown): ReleaseOutcome => outcome(checked(answers.released, value))

export const readRemoved = (value: unknown): ReleaseOutcome => outcome(checked(answers.removed, value))

export const readLease = (value: unknown): Lease => {
  const answer = checked(answers.lease, value)
  return { vmid: toVmid(answer.vmid), instanceId: answer.instance_id, expires: seconds(answer.expires_at) ?? 0 }
}

export const readWarming = (value: unknown): WarmOutcome => {
  const { template_vmid, max_size, status: _status, ...outcome } = checked(answers.warming, value)
  return { template: toVmid(template_vmid), max: max_size, ...outcome }
}

export const readPlan = (value: unknown): readonly PlannedStep[] =>
  checked(answers.plan, value).steps.map(({ action, vmid, node, template_vmid, why }) => ({
    action,
    ...known('vmid', vmid === null ? null : toVmid(vmid)),
    ...known('node', node),
    ...known('template', template_vmid === null ? null : toVmid(template_vmid)),
    why,
  }))

export const readGarbage = (value: unknown): readonly Orphan[] =>
  checked(answers.garbage, value).orphans.map((orphan) => ({ ...orphan, vmid: toVmid(orphan.vmid) }))

/** What an answer other than 2xx says, where it is one of a pool's daemon. */
export const readRefusal = (value: unknown): answers.Refusal | undefined => z.safeParse(answers.refusal, value).data

export const readAlarm = ({
  kind,
  message,
  vmid,
  template_vmid,
  remedy,
}: answers.StatusAnswer['alarms'][number]): Alarm => ({
  kind,
  message,
  ...known('vmid', vmid === null ? null : toVmid(vmid)),
  ...known('template', template_vmid === null ? null : toVmid(template_vmid)),
  ...known('remedy', remedy),
})

const outcome = ({
  vmid,
  node,
  instance_id,
  already,
}: z.output<typeof answers.released | typeof answers.removed>): ReleaseOutcome => ({
  vmid: toVmid(vmid),
  node,
  ...known('instanceId', instance_id),
  already,
})

/** What was answered, if it is what was to be. */
export function checked<T extends z.core.$ZodType>(schema: T, value: unknown): z.output<T> {
  const result = z.safeParse(schema, value)
  if (result.success) return result.data
  const place = result.error.issues[0]?.path.join('.') ?? ''
  throw new CmuxError('failed', `The pool's answer is not understood${place === '' ? '' : ` (${place})`}`, {
    hint: 'Is it a cmux-pve pool of this version behind PVE_POOL_URL?',
  })
}

/** A field that is left out where there is nothing to say. */
const known = <Name extends string, T>(name: Name, value: T | null | undefined) =>
  (value === null || value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: T }

const seconds = (instant: string | null): number | undefined =>
  instant === null ? undefined : Math.floor(Date.parse(instant) / 1000)
