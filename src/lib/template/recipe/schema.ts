import * as z from 'zod/mini'
import { parseDuration } from '../../duration.js'

const text = z.string('It is a text').check(z.minLength(1, 'It is not empty'))
const name = text.check(z.regex(/^[a-z0-9][a-z0-9-]*$/, 'Small letters, digits and hyphens'))
const duration = z.pipe(
  text.check(z.refine(isDuration, 'Write it like 90s, 5m, 1h or 500ms')),
  z.transform((value) => parseDuration(value)),
)
const flag = z.boolean('It is true or false')

/** A script in the recipe itself (`run`), or in a file beside it (`script`). */
const source = { run: z.optional(text), script: z.optional(text) }
const oneSource = z.refine<{ readonly run?: string | undefined; readonly script?: string | undefined }>(
  ({ run, script }) => (run === undefined) !== (script === undefined),
  'Either `run` (a script) or `script` (the name of a file that holds one)',
)

const step = z
  .strictObject({
    name,
    title: z.optional(text),
    ...source,
    check: z.optional(text),
    timeout: z._default(duration, 600_000),
    retries: z._default(
      z.int('It is a whole number').check(z.minimum(0, 'Not negative'), z.maximum(20, 'At most 20')),
      0,
    ),
    optional: z._default(flag, false),
  })
  .check(oneSource)

const validation = z.strictObject({ name, ...source, optional: z._default(flag, false) }).check(oneSource)

/** A recipe as its file has it. */
export const recipeSchema = z.strictObject({
  name,
  description: z.optional(text),
  environment: z._default(
    z.record(
      z.string().check(z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'A name of letters, digits and underscores')),
      z.string('It is a text: put it into quotes'),
    ),
    {},
  ),
  prelude: z.optional(text),
  network: z.optional(text),
  steps: z.array(step, 'A list of steps').check(z.minLength(1, 'At least one step'), z.superRefine(namesAreUnique)),
  validate: z._default(z.array(validation, 'A list of checks').check(z.superRefine(namesAreUnique)), []),
})

export type RecipeFile = z.infer<typeof recipeSchema>

function isDuration(value: string): boolean {
  try {
    return parseDuration(value) > 0
  } catch {
    return false
  }
}

function namesAreUnique(
  entries: readonly { readonly name: string }[],
  context: { addIssue(issue: { code: 'custom'; path: (string | number)[]; message: string }): void },
): void {
  for (const [index, entry] of entries.entries()) {
    if (entries.findIndex((other) => other.name === entry.name) === index) continue
    context.addIssue({ code: 'custom', path: [index, 'name'], message: `'${entry.name}' is there twice` })
  }
}
