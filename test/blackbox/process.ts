import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The built tool. */
export const TOOL = join(process.cwd(), 'bin/run.js')

export interface ToolProcessOptions {
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Told of every line on standard error. */
  readonly onLine?: (line: string) => void
}

/** The built tool as a long-lived process that can be killed and started again with the same words. */
export class ToolProcess {
  readonly #options: ToolProcessOptions
  #child: ChildProcess | undefined
  #ended: Promise<unknown> = Promise.resolve()
  #stopped = false
  /** How often it ended without being killed by us. */
  ownEnds = 0

  constructor(options: ToolProcessOptions) {
    this.#options = options
  }

  /** It runs, and is not held by SIGSTOP. */
  get works(): boolean {
    return this.#child !== undefined && !this.#stopped
  }

  start(): void {
    if (this.#child !== undefined) return
    const { argv, env, cwd, onLine } = this.#options
    const child = spawn(process.execPath, ['--', TOOL, ...argv], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#child = child
    this.#stopped = false
    this.#ended = once(child, 'close')
    child.stderr?.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString('utf8').split('\n')) if (line !== '') onLine?.(line)
    })
    child.on('close', () => {
      if (this.#child === child) this.ownEnds++
      if (this.#child === child) this.#child = undefined
    })
  }

  /** Kill -9. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    child?.kill('SIGKILL')
    await this.#ended
  }

  /** SIGTERM: the exit code. */
  async end(): Promise<number | null> {
    const child = this.#child
    this.#child = undefined
    child?.kill('SIGCONT')
    child?.kill('SIGTERM')
    await this.#ended
    return child?.exitCode ?? null
  }

  stop(): void {
    this.#stopped = this.#child?.kill('SIGSTOP') ?? false
  }

  goOn(): void {
    this.#child?.kill('SIGCONT')
    this.#stopped = false
  }

  /** Resident memory in bytes; undefined: it does not run. */
  get memory(): number | undefined {
    const pid = this.#child?.pid
    if (pid === undefined) return undefined
    try {
      const line = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
      return line === null ? undefined : Number(line[1]) * 1024
    } catch {
      return undefined
    }
  }
}
