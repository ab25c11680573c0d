import { Writable } from 'node:stream'
import type { Command } from '@oclif/core'
import { systemClock } from '../clock.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { RunOptions } from '../executor/executor.js'
import type { ExecContext, ExecOutcome } from '../instance/exec.js'
import { BaseCommand } from './base-command.js'
import { executionSettings } from './execution-flags.js'

/** The tool itself failed, and not the command it was to run (as `env`, `timeout` and `docker` have it). */
const TOOL_FAILED = 125

/** A command that runs another one inside a container: connects the streams and ends with the other's exit code. */
export abstract class RemoteCommand<T extends typeof Command> extends BaseCommand<T> {
  /** Ending a remote command takes a moment: it is asked first. */
  static override interruptGrace = 8000
  /** The exit code when the tool fails; undefined: that of the error. */
  static toolFailed: number | undefined = TOOL_FAILED

  /** Under `--json` the output is collected into the returned data, and into that of an error what had come until then. */
  protected async runRemotely(
    streams: { readonly tty: boolean; readonly stdin: boolean },
    run: (context: ExecContext, options: RunOptions) => Promise<ExecOutcome>,
  ): Promise<ExecOutcome> {
    const [stdout, stderr] = [new Collected(), new Collected()]
    const options: RunOptions = {
      signal: this.signal,
      ...(streams.stdin && { stdin: process.stdin }),
      ...(this.jsonEnabled() ? { stdout, stderr } : { stdout: process.stdout, stderr: process.stderr }),
    }
    try {
      const context = await this.remoteContext()
      const { withRawTerminal } = await import('./raw-terminal.js')
      const outcome = streams.tty
        ? await withRawTerminal((tty) => run(context, { ...options, tty }))
        : await run(context, options)
      this.exitCode = outcome.exitCode
      return { ...outcome, stdout: stdout.text(), stderr: stderr.text() }
    } catch (error) {
      throw failure(error, this.#toolFailed, { stdout: stdout.text(), stderr: stderr.text() })
    }
  }

  get #toolFailed(): number | undefined {
    return (this.constructor as typeof RemoteCommand).toolFailed
  }

  /** What services take that work inside a running container. */
  protected async remoteContext(): Promise<ExecContext> {
    const settings = await this.settings(executionSettings(this.flags))
    const client = await this.connect()
    return {
      client,
      clock: systemClock,
      signal: this.signal,
      shellIn: async (ct) => {
        const { openContainerShell } = await import('../executor/open-container-shell.js')
        return openContainerShell(client, settings, ct, {
          signal: this.signal,
          onWait: (text) => this.output.note(text),
          onNewHostKey: (text) => this.output.warn(text),
        })
      },
    }
  }
}

/** Keeps what is written to it. */
class Collected extends Writable {
  readonly #chunks: Buffer[] = []

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk)
    done()
  }

  text(): string {
    return Buffer.concat(this.#chunks).toString('utf8')
  }
}

/** Time limits and signals have exit codes of their own, and so have mistakes in the command line. `output`: what came before it. */
function failure(
  error: unknown,
  toolFailed: number | undefined,
  output: { readonly stdout: string; readonly stderr: string },
): unknown {
  if (!isCmuxError(error)) return error
  const { code, message, hint, task, data, exitCode } = error
  const ownCode = isCmuxError(error, 'timeout', 'interrupted', 'usage')
  const known = typeof data === 'object' ? data : undefined
  return new CmuxError(code, message, {
    exitCode: ownCode ? exitCode : (toolFailed ?? exitCode),
    data: output.stdout + output.stderr === '' ? data : { ...known, ...output },
    cause: error,
    ...(hint !== undefined && { hint }),
    ...(task !== undefined && { task }),
  })
}
