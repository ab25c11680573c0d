import * as z from 'zod/mini'
import type { Clock } from '../../clock.js'
import type { ContainerShell } from '../../executor/container-shell.js'
import { type Recipe, type RecipeStep, stepHash } from '../recipe/recipe.js'

const PATH = '/var/lib/cmux-pve/recipe.json'

/** Written by root of the container, whom nobody has to believe: it saves work, and checks have the last word. */
const contentSchema = z.record(z.string(), z.record(z.string(), z.object({ sha256: z.string(), done: z.string() })))
type Content = z.infer<typeof contentSchema>

const WRITE = 'umask 022; mkdir -p "$(dirname "$1")" && cat >"$1.new" && mv "$1.new" "$1"'

/** What a container remembers of the recipes that were applied to it: which script of which step went well, and when. */
export class RecipeRecord {
  readonly #shell: ContainerShell
  readonly #recipe: string
  #content: Content

  private constructor(shell: ContainerShell, recipe: Recipe, content: Content) {
    this.#shell = shell
    this.#recipe = recipe.name
    this.#content = content
  }

  /** A container without a record, or with one that makes no sense, remembers nothing. */
  static async read(shell: ContainerShell, recipe: Recipe, signal?: AbortSignal): Promise<RecipeRecord> {
    const { exitCode, stdout } = await shell.run(['cat', PATH], signal === undefined ? {} : { signal })
    return new RecipeRecord(shell, recipe, exitCode === 0 ? parse(stdout) : {})
  }

  /** The hash of the script that went well for a step. */
  hashOf(step: RecipeStep): string | undefined {
    return this.#content[this.#recipe]?.[step.name]?.sha256
  }

  /** Remembers that a step is done. What cannot be written is not an error: the step is done. */
  async add(step: RecipeStep, clock: Clock): Promise<void> {
    const entry = { sha256: stepHash(step), done: new Date(clock.now()).toISOString() }
    this.#content = { ...this.#content, [this.#recipe]: { ...this.#content[this.#recipe], [step.name]: entry } }
    const stdin = `${JSON.stringify(this.#content, undefined, 2)}\n`
    await this.#shell.run(['sh', '-c', WRITE, 'sh', PATH], { stdin })
  }
}

function parse(text: string): Content {
  try {
    return contentSchema.parse(JSON.parse(text))
  } catch {
    return {}
  }
}
