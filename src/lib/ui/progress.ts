import type { Ora } from 'ora'
import type { Progress } from './output.js'
import { painter, type Terminal } from './terminal.js'

/** Progress that can leave the terminal to a question. */
export interface HoldableProgress extends Progress {
  /** Takes a spinner away until `resume`. */
  hold(): void
  resume(): void
}

/** A spinner when stderr is a terminal that can animate; lines, one for each change, anywhere else. */
export function startProgress(title: string, terminal: Terminal): HoldableProgress {
  const { stderr, environment } = terminal
  // A terminal that does not know its width has the width 0, with which ora clears lines for ever.
  const animated = stderr.isTTY === true && stderr.columns !== 0 && environment['TERM'] !== 'dumb' && !environment['CI']
  return animated ? new Spinner(title, terminal) : new ProgressLines(title, terminal)
}

/** Ends once: what comes after `succeed` or `fail` changes nothing, except that `log` still prints its line. */
class Spinner implements HoldableProgress {
  readonly #stderr: Terminal['stderr']
  readonly #paint
  #text: string
  #ended = false
  #held = false
  #ora: Ora | undefined

  constructor(title: string, { stderr, environment }: Terminal) {
    this.#stderr = stderr
    this.#paint = painter(stderr, environment)
    this.#text = title
    // What is done before ora is loaded shows no spinner at all.
    void import('ora').then(({ default: ora }) => {
      if (this.#ended) return
      this.#ora = ora({ text: this.#text, stream: stderr, discardStdin: false })
      if (!this.#held) this.#ora.start()
    })
  }

  update(text: string): void {
    this.#text = text
    if (this.#ora !== undefined) this.#ora.text = text
  }

  detail(text: string): void {
    if (this.#ora === undefined) return
    // One line, beside the spinner: a longer one would be wrapped.
    const room = Math.max(0, (this.#stderr.columns ?? 80) - this.#text.length - 5)
    this.#ora.text = `${this.#text} ${this.#paint('dim', text.slice(0, room))}`
  }

  log(line: string): void {
    const spinning = this.#held ? undefined : this.#ora
    spinning?.clear()
    this.#stderr.write(`${line}\n`)
    spinning?.render()
  }

  hold(): void {
    this.#held = true
    this.#ora?.stop()
  }

  resume(): void {
    this.#held = false
    this.#ora?.start()
  }

  succeed(text = this.#text): void {
    this.#end(`${this.#paint('green', '✔')} ${text}`)
  }

  fail(text = this.#text): void {
    this.#end(`${this.#paint('red', '✖')} ${text}`)
  }

  end(): void {
    this.#ended = true
    this.#ora?.stop()
    this.#ora = undefined
  }

  #end(line: string): void {
    if (this.#ended) return
    this.end()
    this.#stderr.write(`${line}\n`)
  }
}

class ProgressLines implements HoldableProgress {
  readonly #stderr: Terminal['stderr']
  #last = ''
  #ended = false

  constructor(title: string, { stderr }: Terminal) {
    this.#stderr = stderr
    this.log(title)
  }

  update(text: string): void {
    if (!this.#ended) this.log(text)
  }

  detail(): void {}

  log(line: string): void {
    if (line === this.#last) return
    this.#last = line
    this.#stderr.write(`${line}\n`)
  }

  hold(): void {}

  resume(): void {}

  succeed(text?: string): void {
    if (text !== undefined) this.update(text)
    this.#ended = true
  }

  fail(text?: string): void {
    this.succeed(text)
  }

  end(): void {
    this.#ended = true
  }
}
