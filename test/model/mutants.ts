import type { Patch } from './bundle.js'

/** A pool without one of its rules. */
export interface Mutant {
  /** The rule that is taken out. */
  readonly rule: string
  readonly patches: readonly Patch[]
}

export const MUTANTS: readonly Mutant[] = []
