import type { CmuxError } from '../errors.js'

export interface Column<Row> {
  readonly header: string
  /** Absent values are shown as `-`. */
  readonly value: (row: Row) => string | number | undefined
  readonly align?: 'left' | 'right'
}

export interface TableOptions {
  /** Said on stderr in place of a table without rows. */
  readonly empty?: string
}

/** Something that takes a while: a spinner on a terminal, plain lines elsewhere, nothing under `--json`. */
export interface Progress {
  /** What is happening now. Fits services' `onProgress`. */
  update(text: string): void
  /** What changes all the time, such as the last line of output: behind the text where that is animated, nowhere else. */
  detail(text: string): void
  /** A line that stays, such as one of a task's log. */
  log(line: string): void
  succeed(text?: string): void
  fail(text?: string): void
  /** Ends without a word, where what there is to say has been said. */
  end(): void
}

/**
 * What a command says. Data goes to stdout, everything else to stderr. Under `--json` the value that the command returns is the
 * only output: `text`, `table`, `note` and `progress` are silent, warnings are inside the envelope. Under `--dry-run`
 * the planned calls take the place of `text` and `table`.
 */
export interface Output {
  /** One line of data on stdout. */
  text(line: string): void
  /** Rows on stdout, aligned. */
  table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], options?: TableOptions): Promise<void>
  /** A message for people on stderr. */
  note(line: string): void
  /** A warning: on stderr, or in the envelope's `warnings`. */
  warn(line: string): void
  progress(title: string): Progress
  /**
   * One item of a stream (`--watch`): under `--json` a line `{"ok":true,"data":…}` of its own, and then nothing is printed for the
   * value that the command returns. Silent otherwise: say it with `text` or `table` too.
   */
  item(data: unknown): void
  /** Before the next picture of `--watch`: clears the screen of a terminal, does nothing elsewhere. */
  clear(): void
}

/** The side of an output that only BaseCommand uses: how a command ended. */
export interface CommandOutput extends Output {
  /** Leaves the terminal to a question: a spinner would write over it. */
  asking<Answer>(ask: () => Promise<Answer>): Promise<Answer>
  succeeded(data: unknown): void
  /** `secrets` are texts that must not appear in what is printed. */
  failed(error: CmuxError, secrets: readonly string[]): void
}
