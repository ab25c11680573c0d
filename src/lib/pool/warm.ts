import { CmuxError } from '../errors.js'
import type { Vmid } from '../pve/client.js'
import { hindered } from './hindrance.js'
import type { PoolStatus, WarmOutcome } from './pool.js'
import type { Supply } from './supply.js'
import type { TemplateState, TemplateStates } from './template-states.js'
import { unknownTemplate } from './unknown-template.js'
import type { View } from './view.js'

interface WarmOptions {
  readonly controller: Supply
  readonly states: TemplateStates
  readonly view: View
  readonly mode: PoolStatus['mode']
}

/**
 * Asks for `count` ready containers (default: the target), as many as there may be at most. They are made once; what is taken of them is made
 * again only up to the target. Errors: `not-found`, `unavailable`, and while nothing is filled `conflict` or `draining`: nothing is kept of it then.
 */
export async function warm(options: WarmOptions, template: Vmid, count?: number): Promise<WarmOutcome> {
  const { controller, states, view, mode } = options
  await controller.know(template)
  const state = states.of(template)
  if (state === undefined) throw unknownTemplate(template)
  checkFilling(state, mode)
  const { hindrance } = controller.outlook(template)
  if (hindrance !== undefined) throw hindered(hindrance)
  const { target, max } = state.policy
  const members = [...view.of(template)].map(({ record }) => record.state)
  const current = members.filter((one) => one === 'ready' || one === 'filling').length + state.begun
  // One that was released comes back, or makes room.
  const taken = members.filter((one) => one === 'claimed' || one === 'quarantined').length
  const asked = count ?? target
  const possible = Math.max(0, Math.min(asked, max - taken))
  state.warm = Math.max(state.warm, possible)
  controller.wake()
  return { template, queued: Math.max(0, possible - current), current, target, asked, possible, max, taken }
}

/** What was asked for once is there: whoever takes of it does not make the pool fill it up again. */
export function settleWarm(states: readonly TemplateState[], view: View): void {
  for (const state of states) {
    if (state.warm === 0) continue
    const ready = [...view.of(state.template)].filter(({ record }) => record.state === 'ready').length
    if (ready >= state.warm) state.warm = 0
  }
}

function checkFilling({ template, draining }: TemplateState, mode: PoolStatus['mode']): void {
  const why = 'nothing is filled until it is resumed'
  const hint = 'cmux-pve pool resume, and then again'
  if (mode === 'draining') throw new CmuxError('draining', `The pool is draining: ${why}`, { hint })
  if (draining) throw new CmuxError('draining', `Template ${template} is draining: ${why}`, { hint })
  if (mode === 'paused') throw new CmuxError('conflict', `The pool is paused: ${why}`, { hint })
}
