import type * as z from 'zod/mini'
import type {
  Alarm,
  Allocation,
  Lease,
  Orphan,
  PlannedStep,
  PooledContainer,
  PoolStatus,
  ReleaseOutcome,
  TemplateStatus,
  WarmOutcome,
} from '../pool.js'
import type { PoolState } from '../record.js'
import type * as answers from './answers.js'
import { isoSeconds, wholeStages } from './values.js'

type Answer<Name extends keyof typeof answers> = z.output<(typeof answers)[Name]>

/** The original knew four states. One that is being cleaned will be ready again, like one that is being made. */
const ORIGINAL_STATE = {
  filling: 'creating',
  ready: 'ready',
  claimed: 'allocated',
  releasing: 'creating',
  quarantined: 'failed',
} as const satisfies Readonly<Record<PoolState, string>>

export const allocationAnswer = (allocation: Allocation): Answer<'allocation'> => ({
  vmid: allocation.vmid,
  hostname: allocation.hostname,
  instance_id: allocation.instanceId,
  template_vmid: allocation.template,
  allocated_from_pool: allocation.fromPool,
  node: allocation.node,
  tier: allocation.tier,
  status: allocation.status,
  claim_id: allocation.claimId,
  expires_at: instant(allocation.expires),
  stages: wholeStages(allocation.stages),
})

export function statusAnswer(status: PoolStatus, containers: readonly PooledContainer[]): Answer<'status'> {
  const byTemplate = new Map<number, PooledContainer[]>(status.templates.map(({ template }) => [template, []]))
  for (const container of containers) byTemplate.get(container.template)?.push(container)
  const sum = (count: (template: TemplateStatus) => number) =>
    status.templates.reduce((total, template) => total + count(template), 0)
  return {
    templates: Object.fromEntries(
      status.templates.map((template) => [
        template.template,
        templateAnswer(template, byTemplate.get(template.template) ?? []),
      ]),
    ),
    total_ready: sum(({ ready }) => ready),
    total_allocated: sum(({ claimed }) => claimed),
    total_creating: sum(creating),
    clone_queue_length: status.waiting,
    mode: status.mode,
    observed_at: instant(status.observedAt),
    cluster: {
      reachable: status.cluster.reachable,
      quorate: status.cluster.quorate,
      refuses: status.cluster.refuses ?? null,
    },
    alarms: status.alarms.map(alarmAnswer),
  }
}

const templateAnswer = (status: TemplateStatus, containers: readonly PooledContainer[]) => ({
  template_vmid: status.template,
  ready_count: status.ready,
  allocated_count: status.claimed,
  creating_count: creating(status),
  target_size: status.target,
  containers: containers.map((one) => ({
    vmid: one.vmid,
    hostname: one.hostname,
    state: ORIGINAL_STATE[one.state],
    created_at: isoSeconds(one.since),
    allocated_to: one.instanceId ?? null,
  })),
  revision: status.revision,
  hot_count: status.hot,
  filling_count: status.filling,
  releasing_count: status.releasing,
  quarantined_count: status.quarantined,
  min_size: status.min,
  max_size: status.max,
  breaker: status.breaker,
  missing: status.missing ?? null,
  fill_milliseconds: status.fillTime === undefined ? null : Math.round(status.fillTime),
})

const alarmAnswer = ({ kind, message, vmid, template, remedy }: Alarm) => ({
  kind,
  message,
  vmid: vmid ?? null,
  template_vmid: template ?? null,
  remedy: remedy ?? null,
})

export const containerAnswer = (container: PooledContainer): Answer<'containers'>['containers'][number] => ({
  vmid: container.vmid,
  node: container.node,
  hostname: container.hostname,
  template_vmid: container.template,
  revision: container.revision,
  state: container.state,
  tier: container.tier,
  since: isoSeconds(container.since),
  instance_id: container.instanceId ?? null,
  expires_at: instant(container.expires),
  metadata: { ...container.metadata },
  reason: container.reason ?? null,
})

export const releasedAnswer = ({ vmid, node, instanceId, already }: ReleaseOutcome): Answer<'released'> => ({
  status: 'released',
  vmid,
  node,
  instance_id: instanceId ?? null,
  already,
})

export const removedAnswer = ({ vmid, node, instanceId, already }: ReleaseOutcome): Answer<'removed'> => ({
  status: 'removed',
  vmid,
  node,
  instance_id: instanceId ?? null,
  already,
})

export const leaseAnswer = ({ vmid, instanceId, expires }: Lease): Answer<'lease'> => ({
  status: 'renewed',
  vmid,
  instance_id: instanceId,
  expires_at: isoSeconds(expires),
})

export const warmingAnswer = ({ template, max, ...outcome }: WarmOutcome): Answer<'warming'> => ({
  status: 'warming',
  template_vmid: template,
  max_size: max,
  ...outcome,
})

export const planAnswer = (steps: readonly PlannedStep[]): Answer<'plan'> => ({
  steps: steps.map(({ action, vmid, node, template, why }) => ({
    action,
    vmid: vmid ?? null,
    node: node ?? null,
    template_vmid: template ?? null,
    why,
  })),
})

export const garbageAnswer = (orphans: readonly Orphan[]): Answer<'garbage'> => ({
  orphans: orphans.map(({ vmid, node, ours, why, destroyed }) => ({ vmid, node, ours, why, destroyed })),
})

const creating = ({ filling, releasing }: TemplateStatus): number => filling + releasing

const instant = (seconds: number | undefined): string | null => (seconds === undefined ? null : isoSeconds(seconds))
