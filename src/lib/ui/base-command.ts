import { Command, Flags, type Interfaces } from '@oclif/core'
import type { PveClient } from '../pve/client.js'
import type { Settings } from '../settings/settings.js'
import type { Output } from './output.js'

type CommandFlags<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>
type CommandArgs<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/**
 * What every command shares: parsing, settings, the API client, output, the JSON envelope, errors and exit codes, signals.
 * A command is `class X extends BaseCommand<typeof X>` whose `run` calls one service and returns the `data` of the envelope.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    'env-file': Flags.file({
      summary: 'Read settings from this file in place of the nearest .env.',
      helpGroup: 'GLOBAL',
    }),
  }

  declare protected flags: CommandFlags<T>
  declare protected args: CommandArgs<T>
  /** Arguments in the order given, `--` removed (for `strict = false` commands). */
  declare protected rest: readonly string[]
  declare protected output: Output
  /** Status to end with when `run` succeeds, e.g. that of a remote command. */
  protected exitCode = 0

  /** Aborted by SIGINT and SIGTERM with a CmuxError `interrupted` (exit code 130 or 143). */
  declare protected signal: AbortSignal

  abstract override run(): Promise<unknown>

  /** The validated settings, read once. */
  protected async settings(): Promise<Settings> {
    throw new Error('being written')
  }

  /** A client for the API in the settings, closed when the command ends. Without API settings: `not-configured`. */
  protected async connect(): Promise<PveClient> {
    throw new Error('being written')
  }

  /** Asks on a terminal. Without one, or under `--json`, `--yes` is needed (`usage`). Answered with no: `declined`. */
  protected async confirm(_question: string): Promise<void> {
    throw new Error('being written')
  }
}
