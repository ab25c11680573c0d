import type { CmuxError } from '../errors.js'
import { conceal } from './conceal.js'
import type { CommandOutput, Progress } from './output.js'
import type { Terminal } from './terminal.js'

/** Output under `--json`: one envelope on stdout, or one line an item for streams. Everything else is silent. */
export class JsonOutput implements CommandOutput {
  readonly #stdout: Terminal['stdout']
  #warnings: string[] = []
  #streaming = false

  constructor(terminal: Pick<Terminal, 'stdout'>) {
    this.#stdout = terminal.stdout
  }

  text(): void {}
  async table(): Promise<void> {}
  note(): void {}
  clear(): void {}

  warn(line: string): void {
    this.#warnings.push(line)
  }

  asking<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    return ask()
  }

  progress(): Progress {
    return { update() {}, detail() {}, log() {}, succeed() {}, fail() {}, end() {} }
  }

  item(data: unknown): void {
    this.#streaming = true
    this.#print({ ok: true, data: data ?? null })
  }

  succeeded(data: unknown): void {
    if (!this.#streaming) this.#print({ ok: true, data: data ?? null })
  }

  failed(error: CmuxError, secrets: readonly string[]): void {
    const { code, message, hint, task, data } = error
    this.#print({ ok: false, error: { code, message, hint, task }, data }, secrets)
  }

  /** One object. A person at a terminal gets it indented, except in a stream. */
  #print(envelope: Readonly<Record<string, unknown>>, secrets: readonly string[] = []): void {
    const warnings = this.#warnings.length > 0 ? this.#warnings : undefined
    const indent = this.#stdout.isTTY && !this.#streaming ? 2 : undefined
    // In the values, not in the finished text: there a secret may be escaped, or look like a piece of JSON.
    const hide = (_key: string, value: unknown) => (typeof value === 'string' ? conceal(value, secrets) : value)
    this.#stdout.write(`${JSON.stringify({ ...envelope, warnings }, hide, indent)}\n`)
    this.#warnings = []
  }
}
