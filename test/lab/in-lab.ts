import { describe, inject } from 'vitest'
import type { WorldFacts } from './world.js'

/** `describe` for tests that run in the lab's world: skipped, with the requirement that failed, where there is none. */
export function inLab(name: string, define: () => void): void {
  const { missing } = inject('lab')
  if (missing === undefined) describe(name, define)
  else describe.skip(`${name} [${missing}]`, define)
}

/** The world that the tests run in. Only inside tests and hooks of `inLab`. */
export function world(): WorldFacts {
  const lab = inject('lab')
  if (lab.missing !== undefined) throw new Error(lab.missing)
  return lab.world
}
