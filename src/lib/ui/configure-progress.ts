import { formatDuration } from '../duration.js'
import type { ConfigureEvent, StepOutcome, StepPosition, ValidationOutcome } from '../template/configure/events.js'
import type { Progress } from './output.js'

/** Milliseconds between two looks at the watch. */
const TICK = 1000

/**
 * Shows how configuring gets on: each step with its time, and on a terminal with the last line of its output; the end of the output of one
 * that failed.
 */
export class ConfigureProgress {
  readonly #progress: Progress
  #began = 0
  #line = ''
  #timer: NodeJS.Timeout | undefined

  constructor(progress: Progress) {
    this.#progress = progress
  }

  show(event: ConfigureEvent): void {
    switch (event.type) {
      case 'checking':
        this.#progress.detail(`${headline(event.step)}: is it done already?`)
        return
      case 'started':
        this.#progress.update(headline(event.step))
        this.#watch()
        return
      case 'output':
        this.#line = event.line
        this.#showTime()
        return
      case 'repeating':
        this.#progress.log(`${headline(event.step)}: ${event.problem}; trying again`)
        return
      case 'ended':
        this.stop()
        this.#progress.log(`${headline(event.step)}: ${ending(event.outcome)}`)
        for (const line of event.lines) this.#progress.log(`  | ${line}`)
        return
      case 'validated':
        this.#progress.log(`Check ${validationText(event.outcome)}`)
    }
  }

  /** Nothing is going on any more. */
  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
    this.#line = ''
  }

  #watch(): void {
    this.stop()
    this.#began = performance.now()
    this.#timer = setInterval(() => this.#showTime(), TICK).unref()
  }

  #showTime(): void {
    this.#progress.detail(`${formatDuration(performance.now() - this.#began)}  ${this.#line}`)
  }
}

const headline = ({ step, position, total }: StepPosition): string => `[${position}/${total}] ${step.title}`

function ending({ result, milliseconds, exitStatus }: StepOutcome): string {
  if (result === 'skipped') return 'done already'
  if (result === 'done') return `done in ${formatDuration(milliseconds)}`
  const status = exitStatus === undefined ? '' : ` with status ${exitStatus}`
  return `FAILED after ${formatDuration(milliseconds)}${status}`
}

const validationText = ({ name, ok, optional, detail }: ValidationOutcome): string =>
  `${name}: ${ok ? 'ok' : optional ? 'failed, but is optional' : 'FAILED'}${detail === '' ? '' : ` (${detail})`}`
