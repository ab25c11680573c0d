import { constants } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../clock.js'
import { CmuxError } from '../errors.js'

/** Milliseconds between asking a command to end, forcing it, and giving up on its output. */
const GRACE = 2000

/** The streams are read here, and nothing is changed about them or thrown for a status. */
const RAW = { reject: false, buffer: false, cleanup: false } as const

/** What is used of execa's result. */
interface Outcome {
  readonly exitCode?: number | undefined
  readonly signal?: NodeJS.Signals | undefined
  /** Why it could not be started: `ENOENT`, … */
  readonly code?: string | undefined
  readonly originalMessage?: string | undefined
  readonly cwd: string
}

interface Subprocess extends PromiseLike<Outcome> {
  readonly pid?: number | undefined
  readonly stdin: Writable | null
  readonly stdout: Readable | null
  readonly stderr: Readable | null
}

export interface LocalProcessOptions {
  readonly cwd: string
  /** Give it this process's own terminal and streams. */
  readonly ownTerminal: boolean
  readonly clock: Clock
}

export interface LocalEnd {
  readonly status: { readonly exitCode: number; readonly signal?: string }
  /** What a shell would have said of a command that could not be started. */
  readonly complaint?: string
}

/** A command of this machine and everything it starts: a process group, which can be stopped. */
export class LocalProcess {
  readonly #child: Subprocess
  readonly #argv: readonly string[]
  readonly #clock: Clock
  readonly #ended = new AbortController()
  #reason: { readonly error: unknown } | undefined
  #giveUp: (error: unknown) => void = () => {}
  /** How it ended; its output may be open for longer. Rejects with `gaveUp`. */
  readonly end: Promise<LocalEnd>
  /** Rejects with the reason when the output of a stopped command does not end: something that left the group holds it. */
  readonly gaveUp: Promise<never>

  static async start(argv: readonly string[], options: LocalProcessOptions): Promise<LocalProcess> {
    const { execa } = await import('execa')
    const [command = '', ...args] = argv
    const { cwd, ownTerminal } = options
    // A group of its own could not read from our terminal.
    const place = ownTerminal ? ({ stdio: 'inherit' } as const) : ({ stdio: 'pipe', detached: true } as const)
    return new LocalProcess(execa(command, args, { ...RAW, ...place, cwd }), argv, options.clock)
  }

  private constructor(child: Subprocess, argv: readonly string[], clock: Clock) {
    this.#child = child
    this.#argv = argv
    this.#clock = clock
    this.gaveUp = new Promise((_resolve, reject) => {
      this.#giveUp = reject
    })
    this.gaveUp.catch(() => {})
    child.stdin?.on('error', () => {
      // It need not read everything.
    })
    const ended = child.then((result) => {
      this.#ended.abort()
      return endOf(result, argv)
    })
    this.end = Promise.race([ended, this.gaveUp])
  }

  get stdin(): Writable | null {
    return this.#child.stdin
  }

  get stdout(): Readable | null {
    return this.#child.stdout
  }

  get stderr(): Readable | null {
    return this.#child.stderr
  }

  /** Asks the whole group to end, and forces it; for the first reason given. */
  stop(error: unknown): void {
    if (this.#reason !== undefined || this.#ended.signal.aborted) return
    this.#reason = { error }
    void this.#stop(error)
  }

  /** The same after so many milliseconds, with `timeout`. */
  stopAfter(milliseconds: number): void {
    const message = `${this.#argv[0]} did not end within ${milliseconds / 1000} s and was stopped`
    this.#clock.sleep(milliseconds, this.#ended.signal).then(
      () => this.stop(new CmuxError('timeout', message)),
      () => {},
    )
  }

  throwIfStopped(): void {
    if (this.#reason !== undefined) throw this.#reason.error
  }

  /** Sends a signal to the whole group. */
  kill(signal: NodeJS.Signals): void {
    const { pid, stdin } = this.#child
    if (pid === undefined) return
    try {
      process.kill(stdin === null ? pid : -pid, signal)
    } catch {
      // It has ended.
    }
  }

  async #stop(error: unknown): Promise<void> {
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      this.kill(signal)
      await this.#clock.sleep(GRACE, this.#ended.signal).catch(() => {})
      if (this.#ended.signal.aborted) return
    }
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    this.#giveUp(error)
  }
}

function endOf(result: Outcome, argv: readonly string[]): LocalEnd {
  const { exitCode, signal, code, cwd } = result
  if (signal !== undefined) {
    return { status: { exitCode: 128 + constants.signals[signal], signal: signal.replace(/^SIG/, '') } }
  }
  if (exitCode !== undefined) return { status: { exitCode } }
  if (code === 'ENOENT') return { status: { exitCode: 127 }, complaint: `${argv[0]}: not found\n` }
  if (code === 'EACCES') return { status: { exitCode: 126 }, complaint: `${argv[0]}: Permission denied\n` }
  throw new CmuxError('failed', `${argv[0]} cannot be started in ${cwd}: ${result.originalMessage ?? code ?? ''}`)
}
