import type { Program } from '../machine/program.js'

/** /bin/echo and bash's: backslashes stay unless `-e` asks for them. */
export const echo: Program = async (context) => {
  let args = context.args
  let newline = true
  let interpret = false
  for (; /^-[neE]+$/.test(args[0] ?? ''); args = args.slice(1)) {
    newline &&= args[0]?.includes('n') !== true
    interpret ||= args[0]?.includes('e') === true
  }
  await context.out(echoed(args.join(' '), interpret, newline))
  return 0
}

/** dash's own echo: only `-n` is an option, and backslashes always count. */
export const dashEcho: Program = async (context) => {
  const newline = context.args[0] !== '-n'
  await context.out(echoed((newline ? context.args : context.args.slice(1)).join(' '), true, newline))
  return 0
}

function echoed(text: string, interpret: boolean, newline: boolean): string {
  if (!interpret) return text + (newline ? '\n' : '')
  const end = text.indexOf('\\c')
  const shown = (end < 0 ? text : text.slice(0, end)).replace(/\\(?:0[0-7]{0,3}|.)/gs, (sequence) =>
    /^\\[1-9'"]/.test(sequence) ? sequence : unescaped(sequence),
  )
  return shown + (newline && end < 0 ? '\n' : '')
}

export const printf: Program = async (context) => {
  const [format, ...given] = context.args[0] === '--' ? context.args.slice(1) : context.args
  if (format === undefined) {
    await context.err(`${context.argv[0]}: usage: printf format [arg ...]\n`)
    return 2
  }
  let rest = [...given]
  let status = 0
  do {
    const before = rest.length
    const round = formatted(format, rest)
    rest = round.rest
    if (round.invalid !== undefined) {
      status = 1
      await context.err(`${context.argv[0]}: ${round.invalid}: expected numeric value\n`)
    }
    await context.out(round.text)
    if (round.stop || rest.length === before) break
  } while (rest.length > 0)
  return status
}

interface Round {
  readonly text: string
  readonly rest: string[]
  readonly stop: boolean
  readonly invalid?: string
}

function formatted(format: string, given: readonly string[]): Round {
  const rest = [...given]
  let text = ''
  let invalid: string | undefined
  let stop = false
  const pattern =
    /\\(?:[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)|%(?:%|([-+ 0#]*)(\*|\d*)(?:\.(\*|\d*))?([sdiouxXcbqfeEgG]))|[^\\%]+|./gs
  for (const [piece, flags = '', width = '', precision, type] of format.matchAll(pattern)) {
    if (piece === '%%') text += '%'
    else if (type === undefined) text += piece.startsWith('\\') ? unescaped(piece) : piece
    else {
      const size = width === '*' ? (rest.shift() ?? '') : width
      const digits = precision === '*' ? (rest.shift() ?? '') : precision
      const argument = rest.shift()
      let shown = argument ?? ''
      if (type === 'b') {
        const cut = shown.indexOf('\\c')
        stop ||= cut >= 0
        shown = (cut < 0 ? shown : shown.slice(0, cut)).replace(
          /\\(?:0[0-7]{0,3}|[0-7]{1,3}|x[0-9a-fA-F]{1,2}|.)/gs,
          unescaped,
        )
      } else if (type === 'c') shown = shown.slice(0, 1)
      else if (type === 'q') shown = `'${shown.replaceAll("'", "'\\''")}'`
      else if (type !== 's') {
        const value = numeric(argument ?? '0')
        if (value === undefined) invalid ??= argument ?? ''
        shown = numberText(value ?? 0, type, flags, digits)
      }
      if ((type === 's' || type === 'b') && digits !== undefined && digits !== '')
        shown = shown.slice(0, Number(digits))
      const fill =
        flags.includes('0') && !flags.includes('-') && type !== 's' && type !== 'b' && type !== 'c' ? '0' : ' '
      const wide = Math.abs(Number(size))
      if (flags.includes('-') || Number(size) < 0) text += shown.padEnd(wide)
      else if (fill === '0' && /^[-+]/.test(shown)) text += shown.slice(0, 1) + shown.slice(1).padStart(wide - 1, '0')
      else text += shown.padStart(wide, fill)
    }
    if (stop) break
  }
  return { text, rest, stop, ...(invalid === undefined ? {} : { invalid }) }
}

function numeric(text: string): number | undefined {
  if (/^["']/.test(text)) return text.codePointAt(1) ?? 0
  if (/^[-+]?0[0-7]+$/.test(text)) return Number.parseInt(text, 8)
  const value = Number(text === '' ? '0' : text)
  return Number.isNaN(value) ? undefined : value
}

function numberText(value: number, type: string, flags: string, precision: string | undefined): string {
  const sign = flags.includes('+') && value >= 0 ? '+' : flags.includes(' ') && value >= 0 ? ' ' : ''
  switch (type) {
    case 'f':
      return sign + value.toFixed(Number(precision ?? 6))
    case 'e':
    case 'E':
      return sign + value.toExponential(Number(precision ?? 6)).replace(/e([-+])(\d)$/, 'e$10$2')
    case 'g':
    case 'G':
      return sign + String(value)
    case 'o':
      return Math.trunc(value).toString(8)
    case 'x':
      return Math.trunc(value).toString(16)
    case 'X':
      return Math.trunc(value).toString(16).toUpperCase()
    default: {
      const digits = String(Math.abs(Math.trunc(value))).padStart(Number(precision ?? 1), '0')
      return (value < 0 ? '-' : sign) + digits
    }
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
  '\\': '\\',
  "'": "'",
  '"': '"',
}

/** The character behind a backslash sequence. */
export function unescaped(sequence: string): string {
  const rest = sequence.slice(1)
  if (/^[0-7]/.test(rest)) return String.fromCharCode(Number.parseInt(rest, 8) & 255)
  if (/^x[0-9a-fA-F]/.test(rest)) return String.fromCharCode(Number.parseInt(rest.slice(1), 16))
  return ESCAPES[rest] ?? sequence
}

export const yes: Program = async (context) => {
  const line = `${context.args.join(' ') || 'y'}\n`
  for (;;) await context.out(line.repeat(64))
}

export const seq: Program = async (context) => {
  const separator = context.args[0] === '-s' ? (context.args[1] ?? '\n') : '\n'
  const numbers = (context.args[0] === '-s' ? context.args.slice(2) : context.args).map(Number)
  const [first = 1, step = 1, last = 1] =
    numbers.length === 3 ? numbers : numbers.length === 2 ? [numbers[0], 1, numbers[1]] : [1, 1, numbers[0]]
  if (numbers.some(Number.isNaN) || numbers.length === 0 || step === 0) {
    await context.err(`${context.argv[0]}: invalid argument\n`)
    return 1
  }
  const result: number[] = []
  for (let value = first; step > 0 ? value <= last : value >= last; value += step) result.push(value)
  if (result.length > 0) await context.out(`${result.join(separator)}\n`)
  return 0
}
