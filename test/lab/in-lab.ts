import { describe, inject } from 'vitest'
import { WORLD_VARIABLE, type WorldFacts } from './world.js'

/** `describe` for tests of the lab: skipped, with the requirement that failed, where there is none. */
export const inLab = inLabIf(undefined)

/** The same for tests that need more than the lab. `wanting`: what of that this machine has not. */
export function inLabIf(wanting: string | undefined): (name: string, define: () => void) => void {
  return (name, define) => {
    const missing = inject('lab').missing ?? wanting
    if (missing === undefined) describe(name, define)
    else describe.skip(`${name} [${missing}]`, define)
  }
}

/** The world that the tests of this file run in, which is theirs alone. Only inside tests and hooks of `inLab`. */
export function world(): WorldFacts {
  const facts = process.env[WORLD_VARIABLE]
  if (facts === undefined) throw new Error('these tests run in no world')
  return JSON.parse(facts) as WorldFacts
}
