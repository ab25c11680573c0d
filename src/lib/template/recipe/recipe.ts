import { createHash } from 'node:crypto'

/** What is done to a container that is to become a template: steps in order, and checks for afterwards. */
export interface Recipe {
  readonly name: string
  readonly description?: string
  /** The file that it was read from. */
  readonly file: string
  /** It came with this tool. */
  readonly builtin: boolean
  /** Environment variables for every script. */
  readonly environment: Readonly<Record<string, string>>
  /** A script that succeeds as soon as the container's network is good enough for the steps. */
  readonly network?: string
  readonly steps: readonly RecipeStep[]
  readonly validations: readonly Validation[]
}

/** Scripts here are whole: what the recipe puts in front of each is in them. */
export interface RecipeStep {
  /** Unique in its recipe: letters, digits and hyphens. */
  readonly name: string
  /** The same for people. */
  readonly title: string
  readonly script: string
  /** A script that succeeds when the step is done already, whoever did it. */
  readonly check?: string
  /** Milliseconds for one attempt. */
  readonly timeout: number
  /** Attempts after the first. */
  readonly retries: number
  /** Its failure is a warning. */
  readonly optional: boolean
}

/** A script that succeeds when something that the recipe promises is so. */
export interface Validation {
  readonly name: string
  readonly script: string
  readonly optional: boolean
}

/** Tells two contents of a step apart: SHA-256 of its script, hexadecimal. */
export function stepHash(step: RecipeStep): string {
  return createHash('sha256').update(step.script).digest('hex')
}

/** How a script is started: by the interpreter its first line names, else by a shell that ends at the first error. */
export function interpreterOf(script: string): readonly string[] {
  const line = /^#!\s*(\S.*)/.exec(script)?.[1]?.trim()
  if (line === undefined) return ['sh', '-eu']
  // As the kernel has it: everything behind the first blank is one argument.
  const [, program = line, argument] = /^(\S+)\s+(.*)$/.exec(line) ?? []
  return argument === undefined ? [program] : [program, argument]
}
