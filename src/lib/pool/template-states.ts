import { toVmid, type Vmid } from '../pve/client.js'
import { Breaker } from './breaker.js'
import type { Templates } from './observe/templates.js'
import type { PoolSettings, TemplatePolicy } from './settings.js'
import type { View } from './view.js'

/** What this run knows of one template beside what can be observed. */
export interface TemplateState {
  readonly template: Vmid
  readonly policy: TemplatePolicy
  readonly fills: Breaker
  readonly heats: Breaker
  /** Sources that a fill of this run copies. */
  readonly copying: Set<number>
  /** Fills whose container is not among the members yet. */
  begun: number
  /** Ready ones that were asked for once. */
  warm: number
  draining: boolean
}

/** The templates that the pool keeps containers of: those of the settings, or those that were learned. */
export class TemplateStates {
  readonly #settings: PoolSettings
  readonly #templates: Templates
  readonly #view: View
  readonly #states = new Map<number, TemplateState>()

  constructor(settings: PoolSettings, templates: Templates, view: View) {
    this.#view = view
    this.#settings = settings
    this.#templates = templates
    for (const template of settings.templates?.keys() ?? []) templates.want(template)
  }

  policyOf(template: number): TemplatePolicy | undefined {
    const { templates, defaults } = this.#settings
    if (templates !== undefined) return templates.get(template)
    return this.#templates.wanted.has(template) ? defaults : undefined
  }

  /** Undefined: the pool keeps none of that template. */
  of(template: Vmid): TemplateState | undefined {
    const known = this.#states.get(template)
    if (known !== undefined) return known
    const policy = this.policyOf(template)
    if (policy === undefined) return undefined
    const state: TemplateState = {
      template,
      policy,
      fills: new Breaker(),
      heats: new Breaker(),
      copying: new Set(),
      begun: 0,
      warm: 0,
      draining: false,
    }
    this.#states.set(template, state)
    return state
  }

  /** All that are kept, wherever they were learned from. */
  all(): readonly TemplateState[] {
    const vmids = new Set<Vmid>(this.#view.templates())
    for (const template of this.#settings.templates?.keys() ?? []) vmids.add(toVmid(template))
    for (const { template } of this.#templates.all()) vmids.add(template)
    return [...vmids].toSorted((a, b) => a - b).flatMap((template) => this.of(template) ?? [])
  }
}
