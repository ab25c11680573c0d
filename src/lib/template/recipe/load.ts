import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { CmuxError } from '../../errors.js'
import { problemsOf } from './problems.js'
import type { Recipe, RecipeStep, Validation } from './recipe.js'
import { type RecipeFile, recipeSchema } from './schema.js'

/**
 * Reads and validates a recipe with its scripts. `reference` is a file, or without slash and dot the name of a built-in recipe, which
 * are in `builtin`. Errors: `not-found`; `invalid`, which names the file, the step and the field of every mistake.
 */
export async function loadRecipe(reference: string, builtin: string): Promise<Recipe> {
  const isFile = /[./]/.test(reference)
  const file = isFile ? reference : join(builtin, reference, 'recipe.yaml')
  const content = parse(await readText(file, `recipe ${reference}`), await import('yaml'), file)
  const scripts = new Scripts(file)
  const prelude = content.prelude === undefined ? '' : `${await scripts.read(content.prelude, 'prelude')}\n`
  const steps: RecipeStep[] = []
  for (const { name, title, run, script, check, timeout, retries, optional } of content.steps) {
    const body = run ?? (await scripts.read(script ?? '', `step '${name}', script`))
    steps.push({
      name,
      title: title ?? name,
      script: prelude + body,
      ...(check !== undefined && { check: prelude + check }),
      timeout,
      retries,
      optional,
    })
  }
  const validations: Validation[] = []
  for (const { name, run, script, optional } of content.validate) {
    const body = run ?? (await scripts.read(script ?? '', `check '${name}', script`))
    validations.push({ name, script: prelude + body, optional })
  }
  const { name, description, environment, network } = content
  return {
    name,
    file,
    builtin: !isFile,
    environment,
    steps,
    validations,
    ...(description !== undefined && { description }),
    ...(network !== undefined && { network: prelude + network }),
  }
}

function parse(text: string, yaml: typeof import('yaml'), file: string): RecipeFile {
  const lineCounter = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter, prettyErrors: false })
  if (document.errors.length > 0) {
    throw invalid(
      file,
      document.errors.map(({ message, pos: [start] }) => `line ${lineCounter.linePos(start).line}: ${message}`),
    )
  }
  const result = recipeSchema.safeParse(document.toJS())
  if (result.success) return result.data
  throw invalid(file, problemsOf(result.error.issues, document, lineCounter))
}

/** The script files of a recipe, which are named relative to it. */
class Scripts {
  readonly #recipe: string

  constructor(recipe: string) {
    this.#recipe = recipe
  }

  async read(name: string, place: string): Promise<string> {
    try {
      return await readFile(resolve(dirname(this.#recipe), name), 'utf8')
    } catch (error) {
      throw invalid(this.#recipe, [`${place}: ${error instanceof Error ? error.message : String(error)}`])
    }
  }
}

async function readText(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw new CmuxError('not-found', `Cannot read ${what}: ${error instanceof Error ? error.message : String(error)}`, {
      hint: 'Give the path of a recipe file, such as ./recipe.yaml; without --recipe the built-in one is used.',
      cause: error,
    })
  }
}

function invalid(file: string, problems: readonly string[]): CmuxError {
  const [first = '', ...more] = problems
  const message =
    more.length === 0 ? `${file}: ${first}` : [`${file}:`, ...problems.map((line) => `  ${line}`)].join('\n')
  return new CmuxError('invalid', message, { data: { file, problems } })
}
