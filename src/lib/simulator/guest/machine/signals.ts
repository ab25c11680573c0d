/** Numbers of the signals that matter here, as Linux has them. */
const NUMBERS = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  WINCH: 28,
} as const

export type SignalName = keyof typeof NUMBERS

export const SIGNALS: readonly SignalName[] = Object.keys(NUMBERS).filter(isSignalName)

export function signalNumber(name: SignalName): number {
  return NUMBERS[name]
}

/** `TERM`, `SIGTERM`, `term` or `15`; undefined when there is no such signal. */
export function parseSignal(text: string): SignalName | undefined {
  const name = text.toUpperCase().replace(/^SIG/, '')
  if (isSignalName(name)) return name
  return SIGNALS.find((signal) => String(NUMBERS[signal]) === text)
}

function isSignalName(name: string): name is SignalName {
  return Object.hasOwn(NUMBERS, name)
}
