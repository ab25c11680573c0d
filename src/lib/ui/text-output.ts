import type { CmuxError } from '../errors.js'
import { conceal } from './conceal.js'
import { errorText } from './error-text.js'
import type { Column, CommandOutput, Progress, TableOptions } from './output.js'
import { type HoldableProgress, startProgress } from './progress.js'
import { type Paint, painter, type Terminal } from './terminal.js'

/** Output for people and pipes: data on stdout, messages on stderr. */
export class TextOutput implements CommandOutput {
  readonly #terminal: Terminal
  readonly #paint: Paint
  #progress: HoldableProgress | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
    this.#paint = painter(terminal.stderr, terminal.environment)
  }

  text(line: string): void {
    this.#terminal.stdout.write(`${line}\n`)
  }

  async table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options: TableOptions = {}): Promise<void> {
    if (rows.length > 0) {
      const { renderTable } = await import('./table.js')
      this.text(renderTable(rows, columns, painter(this.#terminal.stdout, this.#terminal.environment)))
    } else if (options.empty !== undefined) {
      this.note(options.empty)
    }
  }

  note(line: string): void {
    this.#message(line)
  }

  warn(line: string): void {
    this.#message(`${this.#paint('yellow', 'Warning:')} ${line}`)
  }

  progress(title: string): Progress {
    this.#progress = startProgress(title, this.#terminal)
    return this.#progress
  }

  async asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    this.#progress?.hold()
    try {
      return await ask()
    } finally {
      this.#progress?.resume()
    }
  }

  item(): void {}

  clear(): void {
    // Cursor home, erase everything, erase the scroll-back.
    if (this.#terminal.stdout.isTTY) this.#terminal.stdout.write('\u001B[H\u001B[2J\u001B[3J')
  }

  succeeded(): void {
    this.#progress?.succeed()
  }

  failed(error: CmuxError, secrets: readonly string[]): void {
    this.#progress?.fail()
    this.#terminal.stderr.write(`${conceal(errorText(error, this.#paint), secrets)}\n`)
  }

  /** A line on stderr that a running spinner does not overwrite. */
  #message(line: string): void {
    if (this.#progress === undefined) this.#terminal.stderr.write(`${line}\n`)
    else this.#progress.log(line)
  }
}

/** The same output without results: what a command under `--dry-run` is given. */
export class DryRunOutput extends TextOutput {
  override text(): void {}
  override async table(): Promise<void> {}
}
