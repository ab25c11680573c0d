import type { TestProject } from 'vitest/node'
import { install } from './installation.js'
import { missingRequirement, observeMachine } from './requirements.js'
import { openWorld, type WorldFacts } from './world.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** The world that the lab's tests run in, or why there is none on this machine. */
    lab: LabContext
  }
}

export type LabContext =
  | { readonly missing: string }
  | { readonly missing?: undefined; readonly world: WorldFacts; readonly enter: readonly string[] }

/**
 * vitest's global set-up: installs what is missing and opens the world that WorldWorker puts the tests into. Where the machine
 * cannot, the tests are skipped with the reason; with CMUX_LAB=required they fail.
 */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const missing = missingRequirement(observeMachine())
  if (missing !== undefined) {
    if (process.env['CMUX_LAB'] === 'required') throw new Error(missing)
    process.stderr.write(`THE LAB IS SKIPPED: ${missing}\n`)
    project.provide('lab', { missing })
    return undefined
  }
  const world = await openWorld(await install(process.env))
  const { directory, group, debian } = world
  project.provide('lab', { world: { directory, group, debian }, enter: world.enter([], process.cwd()) })
  return () => world.close()
}
