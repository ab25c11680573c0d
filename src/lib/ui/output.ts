/** Where output goes. The process's own streams, or a test's. */
export interface Terminal {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean }
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number }
  readonly environment: Readonly<Record<string, string | undefined>>
}

export interface Column<Row> {
  readonly header: string
  /** Absent values are shown as `-`. */
  readonly value: (row: Row) => string | number | undefined
  readonly align?: 'left' | 'right'
}

/** Something that takes a while: a spinner on a terminal, plain lines elsewhere, nothing under `--json`. */
export interface Progress {
  /** What is happening now. Fits services' `onProgress`. */
  update(text: string): void
  /** A line that stays, such as one of a task's log. */
  log(line: string): void
  succeed(text?: string): void
  fail(text?: string): void
}

/**
 * What a command says. Data goes to stdout, everything else to stderr. Under `--json` the command's returned value is the only
 * output (`text`, `table`, `note` and `progress` are silent, warnings are inside the envelope); under `--dry-run` the planned calls are.
 */
export interface Output {
  /** One line of data on stdout. */
  text(line: string): void
  /** Rows on stdout; when there are none, `empty` (default: nothing) goes to stderr. */
  table<Row>(
    rows: readonly Row[],
    columns: readonly Column<Row>[],
    options?: { readonly empty?: string },
  ): Promise<void>
  /** A message for people on stderr. */
  note(line: string): void
  /** A warning: on stderr, or in the envelope's `warnings`. */
  warn(line: string): void
  progress(title: string): Progress
  /**
   * One item of a stream (`--watch`): under `--json` its own `{"ok":true,"data":…}` line, and then nothing is printed for the returned
   * value. Silent otherwise: print text yourself.
   */
  item(data: unknown): void
  /** Before the next picture of `--watch`: clears the screen on a terminal, does nothing elsewhere. */
  clear(): void
}
