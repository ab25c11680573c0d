import { CmuxError } from '../errors.js'
import type { Vmid } from '../pve/client.js'
import { hindered } from './hindrance.js'
import type { WarmOutcome } from './pool.js'
import type { Supply } from './supply.js'
import type { TemplateStates } from './template-states.js'
import type { View } from './view.js'

interface WarmOptions {
  readonly controller: Supply
  readonly states: TemplateStates
  readonly view: View
}

/** Asks for `count` ready containers (default: the target). They are made once; what is taken of them is made again only up to the target. */
export async function warm(options: WarmOptions, template: Vmid, count?: number): Promise<WarmOutcome> {
  const { controller, states, view } = options
  if ((await controller.know(template)) === undefined) {
    throw new CmuxError('not-found', `The pool keeps no containers of template ${template}`, {
      hint: 'Is that the VMID of a template, and is it in POOL_TEMPLATES?',
    })
  }
  const { hindrance } = controller.outlook(template)
  if (hindrance !== undefined) throw hindered(hindrance)
  const state = states.of(template)
  const target = state?.policy.target ?? 0
  const members = [...view.of(template)]
  const current = members.filter(({ record }) => record.state === 'ready' || record.state === 'filling').length
  const asked = count ?? target
  const room = Math.max(0, (state?.policy.max ?? 0) - members.length)
  if (state !== undefined) state.warm = Math.max(state.warm, asked)
  controller.wake()
  return { template, queued: Math.min(room, Math.max(0, asked - current)), current, target }
}
