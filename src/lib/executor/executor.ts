import type { Readable, Writable } from 'node:stream'

export interface RunOptions {
  /** What the command reads. Absent: an empty standard input. */
  readonly stdin?: Readable | string | Uint8Array
  /** Milliseconds; after it the remote command is ended and the run fails with code `timeout`. */
  readonly timeout?: number
  /** Aborting ends the remote command too; the run rejects with the signal's reason. */
  readonly signal?: AbortSignal
  /** Where output goes as it comes; it is not ended. Absent: output is collected into the result. */
  readonly stdout?: Writable
  readonly stderr?: Writable
  /** Ask for a terminal on the other side. */
  readonly tty?: RemoteTerminal
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

export interface RemoteTerminal extends TerminalSize {
  /** The value of TERM there, default `xterm-256color`. */
  readonly type?: string
  /** Calls `listener` whenever the size changes; returns a function that stops the calls. */
  onResize?(listener: (size: TerminalSize) => void): () => void
}

/** How a command ended. A lost connection is an error, never a result. */
export interface RunResult {
  /** Exit status; 128+N when signal N ended the command. */
  readonly exitCode: number
  readonly signal?: string
  /** Collected output; empty when the stream was given in the options. */
  readonly stdout: string
  readonly stderr: string
}

/** Runs commands on another machine (or this one). One executor holds at most one connection. */
export interface Executor {
  /** Words for messages: `root@pve1:22`. */
  readonly target: string
  /** Runs argv as it is: no shell looks at the words, whatever they hold. NUL is refused. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  close(): Promise<void>
}
