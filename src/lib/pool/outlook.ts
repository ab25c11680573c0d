import type { Vmid } from '../pve/client.js'
import type { ActContext } from './act/act-context.js'
import type { Hindrance } from './hindrance.js'
import type { Outlook } from './supply.js'
import type { TemplateState } from './template-states.js'

interface OutlookOptions {
  readonly template: Vmid
  /** Absent: the pool keeps none of that template. */
  readonly state: TemplateState | undefined
  readonly mode: 'running' | 'paused' | 'draining'
  readonly hindrance: Hindrance | undefined
  readonly delay: Hindrance | undefined
}

/** What may become of a template's containers, by what is known. Asks nothing. */
export function outlook(
  { view, clock, templates, pace, rights }: ActContext,
  { template, state, mode, hindrance, delay }: OutlookOptions,
): Outlook {
  const members = [...view.of(template)]
  const coming = members.filter(
    ({ record }) => record.state === 'filling' || (record.state === 'releasing' && record.destroy !== true),
  ).length
  const begun = state?.begun ?? 0
  const fillTime = pace.of(`fill ${template}`)
  const mayFill = mode === 'running' && hindrance === undefined
  return {
    coming: rights.blind ? 0 : coming + begun,
    room: mayFill ? Math.max(0, (state?.policy.max ?? 0) - members.length - begun) : 0,
    breaker: state?.fills.state(clock.now()) === 'open' ? 'open' : 'closed',
    ...(fillTime !== undefined && { fillTime }),
    width: templates.get(template)?.sources.length ?? 0,
    ...(hindrance !== undefined && { hindrance }),
    ...(delay !== undefined && { delay }),
    blind: rights.blind,
  }
}
