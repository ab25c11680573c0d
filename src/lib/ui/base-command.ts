import { Command, Config, Flags, type Interfaces } from '@oclif/core'
import { CmuxError } from '../errors.js'
import type { PveClient } from '../pve/client.js'
import type { Settings } from '../settings/settings.js'
import type { VariableName } from '../settings/variables.js'
import { debugText, isDebugging, toCmuxError } from './command-error.js'
import { conceal } from './conceal.js'
import { type Call, callText, type PlannedAction } from './dry-run.js'
import { filledArguments, filledFlags } from './empty-words.js'
import { afterGrace, catchInterrupts, orInterrupted } from './interrupts.js'
import { JsonOutput } from './json-output.js'
import type { CommandOutput, Output } from './output.js'
import { processTerminal } from './terminal.js'
import { DryRunOutput, TextOutput } from './text-output.js'

type CommandFlags<T extends typeof Command> = Interfaces.InferredFlags<(typeof BaseCommand)['baseFlags'] & T['flags']>
type CommandArgs<T extends typeof Command> = Interfaces.InferredArgs<T['args']>

/** Milliseconds that a call may always take: `--timeout 0` is for not waiting for a task, not for hearing nothing of it. */
const LEAST_PATIENCE = 2_000

/**
 * What every command shares: parsing, settings, the API client, output, the JSON envelope, errors and exit codes, signals.
 * A command is `class X extends BaseCommand<typeof X>` whose `run` calls one service and returns the `data` of the envelope.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    'env-file': Flags.file({
      summary: 'Read settings from this file, not from the nearest .env.',
      helpGroup: 'GLOBAL',
    }),
  }
  /** Milliseconds that `run` may take to end by itself after a signal. Servers that finish their work set more. */
  static interruptGrace = 500
  /** Milliseconds that a call to Proxmox may still take once the user has interrupted; less than `interruptGrace`. */
  static callGrace = 300

  declare protected flags: CommandFlags<T>
  declare protected args: CommandArgs<T>
  /** Arguments in the order given, for a command that tells them apart itself (`strict = false`). */
  declare protected rest: readonly string[]
  /** Aborted by SIGINT, SIGTERM and SIGHUP with a CmuxError `interrupted` (exit code 128 and its number). */
  declare protected signal: AbortSignal
  /** The status to end with when `run` succeeds, e.g. that of a remote command. */
  protected exitCode = 0
  /** What a dry run would do besides calling the API: shown before the calls, and the `plan` of its data. */
  protected plan: readonly PlannedAction[] = []

  #output: CommandOutput | undefined
  #settings: Settings | undefined
  #client: PveClient | undefined
  readonly #closings: (() => Promise<void>)[] = []
  readonly #calls: Call[] = []

  abstract override run(): Promise<unknown>

  /** The config that found this command is the one it runs with; oclif's own `run` would load it a second time. */
  static override async run<C extends Command>(
    this: new (
      argv: string[],
      config: Config,
    ) => C,
    argv: string[] = process.argv.slice(2),
    options?: Interfaces.LoadOptions,
  ): Promise<ReturnType<C['run']>> {
    const config = options instanceof Config ? options : await Config.load(options)
    const command: Command = new this(argv, config)
    return BaseCommand.prototype._run.call(command) as ReturnType<C['run']>
  }

  /** What the command says; see Output. */
  protected get output(): Output {
    return this.#terminalOutput()
  }

  /** The validated settings, read once. `flags` are values of the command line by the variable they stand for. */
  protected async settings(flags: Readonly<Partial<Record<VariableName, string>>> = {}): Promise<Settings> {
    if (this.#settings === undefined) {
      const { loadSettings } = await import('../settings/load.js')
      this.#settings = loadSettings({ flags, envFile: this.flags['env-file'] })
    }
    return this.#settings
  }

  /**
   * A client for the API in the settings, closed when the command ends. Without API settings: `not-configured`.
   *
   * @param timeout milliseconds that the user gave the command: no call of the client takes longer
   */
  protected async connect(timeout?: number): Promise<PveClient> {
    if (this.#client === undefined) {
      const settings = await this.settings()
      const { requireApi } = await import('../settings/require.js')
      const { createPveClient } = await import('../pve/client.js')
      this.#client = createPveClient(requireApi(settings), {
        dryRun: this.#dryRun,
        signal: afterGrace(this.signal, this.ctor.callGrace),
        onCall: (call) => void this.#calls.push(call),
        onWarning: (message) => this.output.warn(message),
        ...(timeout !== undefined && { patience: Math.max(timeout, LEAST_PATIENCE) }),
      })
      const client = this.#client
      this.atEnd(() => client.close())
    }
    return this.#client
  }

  /** Is called when the command ends, however it does; the last one first. */
  protected atEnd(close: () => Promise<void>): void {
    this.#closings.push(close)
  }

  /**
   * Asks on a terminal. Where nobody can answer (no terminal, `--json`) `--yes` is needed, else `usage`. Answered with no: `declined`.
   * Under `--dry-run` there is nothing to ask.
   */
  protected async confirm(question: string): Promise<void> {
    if (this.#isSet('yes') || this.#dryRun) return
    const terminal = processTerminal()
    if (this.jsonEnabled() || terminal.stdin.isTTY !== true || terminal.stderr.isTTY !== true) {
      throw new CmuxError('usage', `${question} Nobody is there to answer.`, { hint: 'Say --yes.' })
    }
    const { askYesNo } = await import('./prompt.js')
    const yes = await this.#terminalOutput().asking(() => askYesNo(question, terminal, this.signal))
    if (!yes) throw new CmuxError('declined', 'Nothing was changed.')
  }

  /** What a command has opened besides is closed here, however it ended. */
  protected async release(): Promise<void> {}

  /** The life of a command. Every end of it, good or bad, is reported here and nowhere else. */
  protected override async _run<R>(): Promise<R> {
    const interrupts = catchInterrupts()
    this.signal = interrupts.signal
    let data: unknown
    try {
      await this.init()
      data = await orInterrupted(this.run(), interrupts.signal, this.ctor.interruptGrace)
      this.#succeed(data)
    } catch (error) {
      this.#fail(error)
    } finally {
      for (const close of this.#closings.reverse()) await close()
      interrupts.stop()
    }
    return data as R
  }

  override async init(): Promise<void> {
    const { flags: own, baseFlags, args: known, strict, enableJsonFlag } = this.ctor
    // A missing argument is an error, never something to be read from a pipe.
    const unpiped = Object.fromEntries(
      Object.entries(known).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]),
    )
    const args = filledArguments(unpiped)
    const flags = filledFlags(own)
    const parsed = await this.parse({ flags, baseFlags: filledFlags(baseFlags), args, strict, enableJsonFlag })
    this.flags = parsed.flags as CommandFlags<T>
    this.args = parsed.args as CommandArgs<T>
    // `argv` of the parser puts equal words together; its tokens are in the order given.
    this.rest = parsed.raw.flatMap((token) => (token.type === 'arg' ? [token.input] : []))
  }

  protected override get ctor(): T & typeof BaseCommand {
    return this.constructor as T & typeof BaseCommand
  }

  #succeed(data: unknown): void {
    if (this.#dryRun) {
      const text = new TextOutput(processTerminal())
      const lines = [...this.plan.map((action) => action.text), ...this.#calls.map(callText)]
      if (!this.jsonEnabled()) for (const line of lines) text.text(line)
      const plan = this.plan.length > 0 && { plan: this.plan.map(({ data }) => data) }
      this.#terminalOutput().succeeded({ dryRun: true, calls: this.#calls, ...plan })
    } else {
      this.#terminalOutput().succeeded(data)
    }
    process.exitCode = this.exitCode
  }

  #fail(cause: unknown): void {
    const error = toCmuxError(cause, `${this.config.bin} ${this.id?.replaceAll(':', ' ')} --help`)
    const secrets = [this.#settings?.api?.token.secret, this.#settings?.pool.token].filter((text) => text !== undefined)
    this.#terminalOutput().failed(error, secrets)
    const { environment, stderr } = processTerminal()
    if (isDebugging(environment)) stderr.write(`${conceal(debugText(cause), secrets)}\n`)
    process.exitCode = error.exitCode
  }

  #terminalOutput(): CommandOutput {
    if (this.#output === undefined) {
      const terminal = processTerminal()
      if (this.jsonEnabled()) this.#output = new JsonOutput(terminal)
      else this.#output = this.#dryRun ? new DryRunOutput(terminal) : new TextOutput(terminal)
    }
    return this.#output
  }

  get #dryRun(): boolean {
    return this.#isSet('dry-run')
  }

  /** Whether a flag that only some commands have is given. */
  #isSet(name: 'yes' | 'dry-run'): boolean {
    const flags: Readonly<Record<string, unknown>> = this.flags ?? {}
    return flags[name] === true
  }
}
