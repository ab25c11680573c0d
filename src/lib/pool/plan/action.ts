import type { Vmid } from '../../pve/client.js'
import type { Member } from '../member.js'
import type { Source } from '../observe/templates.js'
import type { PlannedStep } from '../pool.js'

/** One thing to do, and why in words for people. */
export type Action = { readonly why: string } & (
  | {
      readonly kind: 'fill'
      readonly template: Vmid
      readonly revision: string
      readonly source: Source
      readonly node: string
    }
  /** There is something to fill, but every source is being copied by others: look again soon. */
  | { readonly kind: 'wait'; readonly template: Vmid }
  /** A fill that nobody carries on with: label, snapshot, ready. */
  | { readonly kind: 'finish'; readonly member: Member }
  | { readonly kind: 'heat'; readonly member: Member }
  /** Make a released one ready again. */
  | { readonly kind: 'recycle'; readonly member: Member }
  /** A released one that shall not come back. */
  | { readonly kind: 'destroy'; readonly member: Member }
  /** Take one that nobody holds out of service: its record says `releasing` from then on. */
  | { readonly kind: 'retire'; readonly member: Member; readonly destroy: boolean }
  /** `kept`: the other one that its instance holds. */
  | { readonly kind: 'expire'; readonly member: Member; readonly kept?: Member }
  /** A lock that has stood for long: look whether any task is behind it. */
  | { readonly kind: 'inspect'; readonly vmid: Vmid; readonly node: string; readonly lock: string }
)

/** An action as people see it. */
export function asStep(action: Action): PlannedStep {
  const { kind, why } = action
  if (kind === 'fill') return { action: kind, template: action.template, node: action.node, why }
  if (kind === 'wait') return { action: kind, template: action.template, why }
  if (kind === 'inspect') return { action: kind, vmid: action.vmid, node: action.node, why }
  const { vmid, node, record } = action.member
  return { action: kind, vmid, node, template: record.template, why }
}
