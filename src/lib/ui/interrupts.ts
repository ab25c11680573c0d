import { setMaxListeners } from 'node:events'
import { CmuxError } from '../errors.js'

export interface Interrupts {
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP with a CmuxError `interrupted`. */
  readonly signal: AbortSignal
  /** Gives the signals back to their default action. */
  stop(): void
}

const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * Turns the first SIGINT, SIGTERM or SIGHUP into an aborted AbortSignal. Another one ends the process at once; but for SIGHUP: whoever
 * closes a terminal sends it from several sides, and means no haste.
 */
export function catchInterrupts(): Interrupts {
  const controller = new AbortController()
  // As many may listen as there are things that a command does at once.
  setMaxListeners(0, controller.signal)
  const onSignal = (name: keyof typeof EXIT_CODES) => {
    const exitCode = EXIT_CODES[name]
    if (controller.signal.aborted) {
      if (name === 'SIGHUP') return
      process.exit(exitCode)
    }
    controller.abort(new CmuxError('interrupted', `Interrupted by ${name}`, { exitCode }))
  }
  process.on('SIGHUP', onSignal).on('SIGINT', onSignal).on('SIGTERM', onSignal)
  return {
    signal: controller.signal,
    stop: () => void process.off('SIGHUP', onSignal).off('SIGINT', onSignal).off('SIGTERM', onSignal),
  }
}

/**
 * A signal that follows `signal` after `grace` milliseconds. A call that is under way when the user interrupts can then still be
 * answered, and the user be told which task it started.
 */
export function afterGrace(signal: AbortSignal, grace: number): AbortSignal {
  const late = new AbortController()
  setMaxListeners(0, late.signal)
  signal.addEventListener('abort', () => setTimeout(() => late.abort(signal.reason), grace).unref(), { once: true })
  return late.signal
}

/**
 * The outcome of `work`. Once the signal is aborted, `work` has `grace` milliseconds to end by itself (and to say what it leaves
 * behind); then the signal's reason is the outcome.
 */
export async function orInterrupted<T>(work: Promise<T>, signal: AbortSignal, grace: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const interrupted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      timer = setTimeout(() => reject(signal.reason), grace)
    })
  })
  try {
    return await Promise.race([work, interrupted])
  } finally {
    clearTimeout(timer)
  }
}
