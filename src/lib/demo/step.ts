import type { Executor } from '../executor/executor.js'
import type { ServiceContext } from '../instance/service-context.js'
import type { RunningPool } from '../pool/open-pool.js'
import type { Settings } from '../settings/settings.js'
import type { Burst } from './burst.js'

/** What the steps of the demo work with, and what they leave for the ones after them. */
export interface Stage {
  readonly context: ServiceContext
  readonly settings: Settings
  /** The node's shell. */
  readonly executor: Executor
  /** VMIDs of the clones made so far. */
  readonly clones: number[]
  /** Opens a pool of the template, once; it is closed with the stage. */
  readonly pool: (template: number) => RunningPool
  /** What became of the same bursts without a pool and with one. */
  readonly bursts: Bursts[]
}

/** The same burst twice. */
export interface Bursts {
  readonly without: Burst
  readonly pooled?: Burst
}

/** One part of the story: does something through the services that the commands use, then looks whether it is so. */
export interface Step {
  readonly title: string
  /** The commands that do the same, where there are some. */
  readonly command?: string
  /** Resolves with what was seen; throws when something is not as it should be. */
  run(stage: Stage): Promise<string>
}

/** What became of a step. */
export interface StepResult {
  readonly title: string
  readonly command?: string
  readonly ok: boolean
  /** What was seen, or what went wrong. */
  readonly detail: string
  readonly milliseconds: number
}
