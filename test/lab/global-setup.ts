import type { TestProject } from 'vitest/node'
import { type Installation, install } from './installation.js'
import { missingRequirement, observeMachine } from './requirements.js'

declare module 'vitest' {
  interface ProvidedContext {
    /** What WorldWorker opens a world with for each test file, or why this machine can have none. */
    lab: LabContext
  }
}

export type LabContext =
  | { readonly missing: string }
  | { readonly missing?: undefined; readonly installation: Installation }

/**
 * vitest's global set-up: installs what is missing. Where the machine cannot have a lab, the tests are skipped with the reason; with
 * CMUX_LAB=required they fail.
 */
export default async function setUp(project: TestProject): Promise<void> {
  const missing = missingRequirement(observeMachine())
  if (missing === undefined) {
    project.provide('lab', { installation: await install(process.env) })
    return
  }
  if (process.env['CMUX_LAB'] === 'required') throw new Error(missing)
  process.stderr.write(`THE LAB IS SKIPPED: ${missing}\n`)
  project.provide('lab', { missing })
}
