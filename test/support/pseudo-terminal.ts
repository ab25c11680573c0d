import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'

export interface TerminalEnd {
  /** Everything that was shown. */
  readonly screen: string
  readonly exitCode: number | null
}

/** A pseudo-terminal, which `script` of util-linux makes, with a command line running on it. */
export class PseudoTerminal {
  readonly #script: ChildProcessWithoutNullStreams
  readonly #watchers = new Set<() => void>()
  #screen = ''
  /** When the command line, or the terminal, has ended. */
  readonly end: Promise<TerminalEnd>

  /** `line` is for `sh`; `environment` all there is of it. */
  constructor(line: string, environment: NodeJS.ProcessEnv) {
    this.#script = spawn('script', ['-qec', line, '/dev/null'], { env: { ...environment, TERM: 'dumb' } })
    this.#script.stdin.on('error', () => {
      // It may end without reading.
    })
    this.#script.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#screen += text
      for (const look of this.#watchers) look()
    })
    this.end = once(this.#script, 'close').then(([exitCode]) => ({ screen: this.#screen, exitCode }))
  }

  /** Waits until something is shown, and answers all that was. Rejects when the command line ends without it. */
  async shows(pattern: RegExp): Promise<string> {
    let look = () => {}
    const shown = new Promise<void>((resolve) => {
      look = () => {
        if (pattern.test(this.#screen)) resolve()
      }
    })
    this.#watchers.add(look)
    look()
    const ended = this.end.then(({ screen }) => {
      if (!pattern.test(screen)) throw new Error(`it ended without showing ${pattern}: ${screen}`)
    })
    try {
      await Promise.race([shown, ended])
      return this.#screen
    } finally {
      this.#watchers.delete(look)
    }
  }

  /** Presses keys: `\u0003` is Ctrl-C, `\r` is Enter. */
  type(keys: string): void {
    this.#script.stdin.write(keys)
  }

  /** Closes the window: the kernel hangs up on everything that runs in it. */
  close(): void {
    this.#script.kill('SIGKILL')
  }
}
