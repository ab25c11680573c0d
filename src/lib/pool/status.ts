import type { Vmid } from '../pve/client.js'
import type { ActContext } from './act/act-context.js'
import type { Alarms } from './alarms.js'
import type { Member } from './member.js'
import type { PooledContainer, PoolStatus, TemplateStatus } from './pool.js'
import type { TemplateState, TemplateStates } from './template-states.js'

export interface StatusOptions {
  readonly context: ActContext
  readonly states: TemplateStates
  readonly alarms: Alarms
  readonly mode: PoolStatus['mode']
  /** Milliseconds since the epoch. */
  readonly roundAt: number | undefined
  readonly waiting: (template: Vmid) => number
}

/** The pool as it was seen last. Asks nothing. */
export function poolStatus({ context, states, alarms, mode, roundAt, waiting }: StatusOptions): PoolStatus {
  const { observer, quorum, rights } = context
  const templates = states.all()
  const { observedAt, reachable } = observer
  return {
    templates: templates.map((state) => templateStatus(context, state)),
    waiting: templates.reduce((sum, { template }) => sum + waiting(template), 0),
    mode,
    ...(observedAt !== undefined && { observedAt: Math.floor(observedAt / 1000) }),
    ...(roundAt !== undefined && { roundAt: Math.floor(roundAt / 1000) }),
    alarms: alarms.all(),
    cluster: {
      reachable: reachable || rights.blind,
      quorate: !quorum.lost,
      ...(rights.refusal !== undefined && { refuses: rights.refusal.refused }),
    },
  }
}

/** A member as users of the pool see it. */
export function pooledContainer({ vmid, node, hostname, record }: Member): PooledContainer {
  const { template, revision, state, tier, since, claim, reason } = record
  return {
    ...{ vmid, node, hostname, template, revision, state, since },
    tier: tier.kind,
    ...(claim !== undefined && { instanceId: claim.instanceId, metadata: claim.metadata }),
    ...(claim?.expires !== undefined && { expires: claim.expires }),
    ...(reason !== undefined && { reason }),
  }
}

function templateStatus(
  { templates, pace, clock, view }: ActContext,
  { template, policy, begun, fills }: TemplateState,
): TemplateStatus {
  const own = [...view.of(template)]
  const count = (state: PooledContainer['state']) => own.filter(({ record }) => record.state === state).length
  const fillTime = pace.of(`fill ${template}`)
  const missing = templates.absence(template)
  return {
    template,
    revision: templates.get(template)?.revision ?? '',
    ready: count('ready'),
    hot: own.filter(({ record }) => record.state === 'ready' && record.tier.kind === 'hot').length,
    claimed: count('claimed'),
    filling: count('filling') + begun,
    releasing: count('releasing'),
    quarantined: count('quarantined'),
    min: policy.min,
    target: policy.target,
    max: policy.max,
    breaker: fills.state(clock.now()) === 'closed' ? 'closed' : 'open',
    ...(missing !== undefined && { missing }),
    ...(fillTime !== undefined && { fillTime: Math.round(fillTime) }),
  }
}
