import type { Clock } from '../../clock.js'
import type { ContainerShell } from '../../executor/container-shell.js'
import type { Deadline } from '../../instance/service-context.js'
import type { Recipe } from '../recipe/recipe.js'
import type { ConfigureEvent } from './events.js'
import { LastLines } from './last-lines.js'
import type { OutputLog } from './output-log.js'
import { runScript } from './run-script.js'

/** What everything that runs scripts of a recipe works with. */
export interface Work {
  readonly shell: ContainerShell
  readonly recipe: Recipe
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  readonly deadline: Deadline
  readonly log: OutputLog
  readonly onEvent: (event: ConfigureEvent) => void
  readonly onWarning?: ((text: string) => void) | undefined
  /** The container as messages name it. */
  readonly subject: string
  /** The command that goes on with a step. */
  readonly resume: (step: string) => string
}

export interface ScriptOutcome {
  readonly exitStatus: number
  readonly lines: readonly string[]
}

/**
 * Runs a script of the recipe, with all of its output in the log. `title` heads it there. `timeout` in milliseconds; it never gets more
 * than what is left of the whole time.
 */
export async function runLogged(
  work: Work,
  script: string,
  options: { readonly name: string; readonly title: string; readonly timeout: number; readonly lines?: LastLines },
): Promise<ScriptOutcome> {
  const { clock, log, recipe, shell, signal, deadline } = work
  const lines = options.lines ?? new LastLines()
  const began = clock.now()
  const note = (text: string) => log.write(`== ${new Date(clock.now()).toISOString()} ${options.title}${text}\n`)
  note('')
  try {
    const exitStatus = await runScript(shell, script, {
      name: options.name,
      environment: recipe.environment,
      timeout: Math.min(options.timeout, deadline.remaining()),
      signal,
      clock,
      onOutput(chunk) {
        log.write(chunk)
        lines.add(chunk)
      },
    })
    note(`: status ${exitStatus} after ${clock.now() - began} ms`)
    return { exitStatus, lines: lines.all() }
  } catch (error) {
    note(`: ${error instanceof Error ? error.message : String(error)}`)
    throw error
  }
}
