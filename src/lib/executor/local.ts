import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { type Clock, systemClock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { Executor, RunOptions, RunResult } from './executor.js'
import { LocalProcess } from './local-process.js'
import { refuseNul } from './quoting.js'
import { collect, feed, forward } from './streams.js'

export interface LocalOptions {
  readonly clock?: Clock
  /** Where commands start. Default: the home folder, as over SSH. */
  readonly cwd?: string
}

/** Runs commands on this machine. What one has started is ended together with it, also at the end of this process. */
export class LocalExecutor implements Executor {
  readonly target = 'this machine'
  readonly #clock: Clock
  readonly #cwd: string
  readonly #closing = new AbortController()
  readonly #running = new Set<LocalProcess>()
  readonly #onExit = () => {
    for (const child of this.#running) child.kill('SIGKILL')
  }

  constructor(options: LocalOptions = {}) {
    this.#clock = options.clock ?? systemClock
    this.#cwd = options.cwd ?? (existsSync(homedir()) ? homedir() : '/')
  }

  /** See Executor. With `tty` the command is given this process's own terminal, whatever streams are named. */
  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    refuseNul(argv)
    const signal = AbortSignal.any([this.#closing.signal, ...(options.signal === undefined ? [] : [options.signal])])
    signal.throwIfAborted()
    const child = await LocalProcess.start(argv, {
      cwd: this.#cwd,
      ownTerminal: options.tty !== undefined,
      clock: this.#clock,
    })
    this.#add(child)
    const onAbort = () => child.stop(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const { stdin, stdout, stderr, timeout } = options
    if (timeout !== undefined) child.stopAfter(timeout)
    const onOutputError = (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error)
      child.stop(new CmuxError('failed', `The output of ${argv[0]} cannot be written: ${reason}`, { cause: error }))
      return ''
    }
    const letGoOfInput = child.stdin === null ? () => {} : feed(stdin, child.stdin)
    try {
      const output = [
        { source: child.stdout, sink: stdout },
        { source: child.stderr, sink: stderr },
      ].map(async ({ source, sink }) => {
        if (source === null) return ''
        return (sink === undefined ? collect(source) : forward(source, sink)).catch(onOutputError)
      })
      const end = await child.end
      const [out = '', errors = ''] = await Promise.race([Promise.all(output), child.gaveUp])
      child.throwIfStopped()
      if (end.complaint !== undefined) stderr?.write(end.complaint)
      return { ...end.status, stdout: out, stderr: stderr === undefined ? errors + (end.complaint ?? '') : '' }
    } finally {
      this.#remove(child)
      letGoOfInput()
      signal.removeEventListener('abort', onAbort)
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new CmuxError('interrupted', 'The local executor was closed'))
  }

  #add(child: LocalProcess): void {
    if (this.#running.size === 0) process.on('exit', this.#onExit)
    this.#running.add(child)
  }

  #remove(child: LocalProcess): void {
    this.#running.delete(child)
    if (this.#running.size === 0) process.off('exit', this.#onExit)
  }
}
