import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { Case } from './case.js'
import type { Failure, Figures } from './search.js'

export interface RunnerOptions {
  /** The bundle that runs cases. */
  readonly program: string
  /** How many failures end a search. Default: 1. */
  readonly failures?: number
  /** Milliseconds to spend on making a failing case smaller. */
  readonly patience?: number
}

export interface SearchResult {
  readonly figures: Figures
  readonly failures: readonly Failure[]
}

/** What main.ts says, a line each. */
type Message = { readonly figures: Figures } | { readonly failure: Failure } | { readonly violation: string | null }

/** A process that runs one case after the other: by the second one its code is compiled. */
export class Runner {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<number | null>

  constructor({ program, failures = 1, patience = 60_000 }: RunnerOptions) {
    const words = ['--failures', String(failures), '--patience', String(patience)]
    this.#child = spawn(process.execPath, [...NODE_OPTIONS, program, ...words], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject)
      this.#child.on('close', resolve)
    })
    // Told by `#next`, which finds no line then.
    this.#ended.catch(() => {})
    this.#child.stdin.on('error', () => {})
  }

  /** The cases of these seeds, both included. Rejects when the process ends. */
  async search(from: number, to: number): Promise<SearchResult> {
    const order = `${from}-${to}`
    this.#child.stdin.write(`${order}\n`)
    const failures: Failure[] = []
    for (;;) {
      const message = await this.#next(`seeds ${order}`)
      if ('failure' in message) failures.push(message.failure)
      if ('figures' in message) return { figures: message.figures, failures }
    }
  }

  /** What is wrong with how a case went; null: nothing. Rejects when the process ends. */
  async replay(given: Case): Promise<string | null> {
    const order = JSON.stringify(given)
    this.#child.stdin.write(`${order}\n`)
    const message = await this.#next(order)
    if ('violation' in message) return message.violation
    throw new Error(`the model answered ${JSON.stringify(message)} to ${order}`)
  }

  /** Resolves when the process is gone. */
  async end(): Promise<void> {
    this.#child.stdin.end()
    await this.#ended.catch(() => null)
  }

  async #next(order: string): Promise<Message> {
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`the model ended with ${await this.#ended} in ${order}`)
    return JSON.parse(value) as Message
  }
}

/**
 * Much is made and forgotten at once: with room for that, a fifth of the time is saved. Nobody looks at the stacks of errors that are part of a
 * case: without them it is another seventh; a replay shows them.
 */
const NODE_OPTIONS = ['--max-semi-space-size=128', '--stack-trace-limit=0']
