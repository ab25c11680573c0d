import { directoryName } from '../files/path.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { parseArguments } from './arguments.js'
import { unescaped } from './print.js'
import { forEachInput } from './streams.js'

export const sort: Program = async (context) => {
  const options = parseArguments(context.args, ['k', 't', 'o', 'S'])
  const lines: string[] = []
  const status = await forEachInput(context, options.operands, async (input) => {
    for await (const line of input.lines()) lines.push(line)
  })
  const field = Number(options.value('k')?.split(/[,.]/)[0]?.replace(/\D/g, '') ?? 0)
  const separator = options.value('t') ?? /\s+/
  const key = (line: string) =>
    field === 0
      ? line
      : line
          .split(separator)
          .slice(field - 1)
          .join(' ')
  const numeric = options.has('n', 'V', 'h') || options.value('k')?.includes('n') === true
  const version = options.has('V')
  const order = (a: string, b: string) => {
    const [x, y] = [key(a), key(b)]
    if (version) return x.localeCompare(y, 'en', { numeric: true })
    if (numeric) return (Number.parseFloat(x) || 0) - (Number.parseFloat(y) || 0)
    const [p, q] = options.has('f') ? [x.toLowerCase(), y.toLowerCase()] : [x, y]
    return p < q ? -1 : p > q ? 1 : 0
  }
  const sorted = lines.sort((a, b) => order(a, b) || (a < b ? -1 : a > b ? 1 : 0))
  if (options.has('r')) sorted.reverse()
  const result = options.has('u')
    ? sorted.filter((line, index) => index === 0 || order(line, sorted[index - 1] ?? '') !== 0)
    : sorted
  const text = result.map((line) => `${line}\n`).join('')
  const output = options.value('o')
  if (output === undefined) await context.out(text)
  else context.files.write(context.path(output), text)
  return status
}

export const uniq: Program = async (context) => {
  const options = parseArguments(context.args)
  return forEachInput(context, options.operands.slice(0, 1), async (input) => {
    let last: string | undefined
    let count = 0
    const flush = async () => {
      if (last === undefined || (options.has('d') && count < 2) || (options.has('u') && count > 1)) return
      await context.out(`${options.has('c') ? `${String(count).padStart(7)} ` : ''}${last}\n`)
    }
    for await (const line of input.lines()) {
      if (line === last) count++
      else {
        await flush()
        last = line
        count = 1
      }
    }
    await flush()
  })
}

export const cut: Program = async (context) => {
  const options = parseArguments(context.args, ['d', 'f', 'c', 'b', 'output-delimiter'])
  const list = options.value('f') ?? options.value('c', 'b')
  if (list === undefined) {
    await context.err('cut: you must specify a list of bytes, characters, or fields\n')
    return 1
  }
  const ranges = list.split(',').map((range) => {
    const [from = '', to] = range.split('-')
    return [
      Number(from === '' ? 1 : from),
      to === undefined ? Number(from) : Number(to === '' ? Number.POSITIVE_INFINITY : to),
    ] as const
  })
  const selected = (index: number) => ranges.some(([from, to]) => index + 1 >= from && index + 1 <= to)
  const delimiter = options.value('d') ?? '\t'
  const byField = options.has('f')
  return forEachInput(context, options.operands, async (input) => {
    for await (const line of input.lines()) {
      if (byField && !line.includes(delimiter)) {
        if (!options.has('s')) await context.out(`${line}\n`)
        continue
      }
      const parts = byField ? line.split(delimiter) : [...line]
      await context.out(
        `${parts.filter((_, index) => selected(index)).join(byField ? (options.value('output-delimiter') ?? delimiter) : '')}\n`,
      )
    }
  })
}

export const tr: Program = async (context) => {
  const options = parseArguments(context.args)
  const [first = '', second = ''] = options.operands
  const complement = options.has('c', 'C')
  const from = characters(first)
  const to = characters(second)
  const contains = (char: string) => from.includes(char) !== complement
  let last = ''
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    let result = ''
    for (const char of Buffer.from(chunk).toString('latin1')) {
      if (options.has('d') && contains(char)) continue
      const index = complement ? to.length - 1 : Math.min(from.indexOf(char), to.length - 1)
      const mapped = !options.has('d') && to.length > 0 && contains(char) ? (to[index] ?? char) : char
      if (options.has('s') && mapped === last && (to.length > 0 ? to.includes(mapped) : contains(char))) continue
      result += mapped
      last = mapped
    }
    await context.stdout.write(Buffer.from(result, 'latin1'))
  }
  return 0
}

const RANGES: Readonly<Record<string, string>> = {
  upper: 'A-Z',
  lower: 'a-z',
  digit: '0-9',
  alpha: 'A-Za-z',
  alnum: 'A-Za-z0-9',
  space: ' \t\n\r\f\v',
  blank: ' \t',
  punct: '!-/:-@[-`{-~',
}

function characters(set: string): string[] {
  const plain = set
    .replace(/\[:(\w+):\]/g, (whole, name: string) => RANGES[name] ?? whole)
    .replace(/\\(?:[0-7]{1,3}|.)/g, unescaped)
  const result: string[] = []
  for (let at = 0; at < plain.length; at++) {
    const char = plain[at] ?? ''
    const end = plain[at + 1] === '-' ? plain[at + 2] : undefined
    if (end === undefined) result.push(char)
    else {
      for (let code = char.charCodeAt(0); code <= end.charCodeAt(0); code++) result.push(String.fromCharCode(code))
      at += 2
    }
  }
  return result
}

/** The part of awk that scripts use to pick columns: `[/regex/] {print $1, $NF}`, `-F`, `NR==n`. */
export const awk: Program = async (context) => {
  const options = parseArguments(context.args, ['F', 'v'], { posix: true })
  const [program = '', ...operands] = options.operands
  const rule = /^\s*(?:\/(.*)\/|NR\s*==\s*(\d+))?\s*(?:\{\s*print\s*([^}]*?);?\s*\})?\s*$/s.exec(program)
  if (rule === null) {
    await context.err(`awk: syntax error at source line 1: ${program}\n`)
    return 2
  }
  const [, expression, wanted, printed = '$0'] = rule
  const matcher = expression === undefined ? undefined : new RegExp(expression)
  const separator = options.value('F')
  let number = 0
  return forEachInput(context, operands, async (input) => {
    for await (const line of input.lines()) {
      number++
      if (matcher?.test(line) === false || (wanted !== undefined && number !== Number(wanted))) continue
      const fields =
        separator === undefined
          ? line.trim().split(/\s+/)
          : line.split(separator.length > 1 ? new RegExp(separator) : separator)
      await context.out(`${printedText(printed === '' ? '$0' : printed, line, fields, number)}\n`)
    }
  })
}

function printedText(printed: string, line: string, fields: readonly string[], number: number): string {
  return printed
    .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
    .map((group) =>
      (group.match(/"(?:[^"\\]|\\.)*"|\$NF|\$\d+|NR|NF|\S+/g) ?? [])
        .map((term) => {
          if (term.startsWith('"')) return term.slice(1, -1).replace(/\\./g, unescaped)
          if (term === '$0') return line
          if (term === '$NF') return fields.at(-1) ?? ''
          if (term === 'NR') return String(number)
          if (term === 'NF') return String(fields.length)
          return term.startsWith('$') ? (fields[Number(term.slice(1)) - 1] ?? '') : ''
        })
        .join(''),
    )
    .join(' ')
}

export const basenameOf: Program = async (context) => {
  const [path = '', suffix = ''] = context.args
  const name = path.replace(/\/+$/, '').split('/').at(-1) ?? ''
  await context.out(
    `${name === '' ? '/' : name !== suffix && suffix !== '' && name.endsWith(suffix) ? name.slice(0, -suffix.length) : name}\n`,
  )
  return 0
}

export const dirnameOf: Program = async (context) => {
  for (const path of context.args) await context.out(`${directoryName(path)}\n`)
  return 0
}

/** `expr`: arithmetic, comparison and `string : pattern` of three words. */
export const expr: Program = async (context: ProgramContext) => {
  const words = [...context.args]
  while (words.length > 1) {
    const [left = '', operator = '', right = ''] = words.splice(0, 3)
    const result = expression(left, operator, right)
    if (result === undefined) {
      await context.err('expr: syntax error\n')
      return 2
    }
    words.unshift(result)
  }
  const [result = ''] = words
  await context.out(`${result}\n`)
  return result === '' || result === '0' ? 1 : 0
}

function expression(left: string, operator: string, right: string): string | undefined {
  const [a, b] = [Number(left), Number(right)]
  const numbers = !Number.isNaN(a) && !Number.isNaN(b)
  const truth = (value: boolean) => (value ? '1' : '0')
  switch (operator) {
    case '+':
      return numbers ? String(a + b) : undefined
    case '-':
      return numbers ? String(a - b) : undefined
    case '*':
      return numbers ? String(a * b) : undefined
    case '/':
      return numbers && b !== 0 ? String(Math.trunc(a / b)) : undefined
    case '%':
      return numbers && b !== 0 ? String(a % b) : undefined
    case '=':
      return truth(left === right)
    case '!=':
      return truth(left !== right)
    case '<':
      return truth(numbers ? a < b : left < right)
    case '>':
      return truth(numbers ? a > b : left > right)
    case '<=':
      return truth(numbers ? a <= b : left <= right)
    case '>=':
      return truth(numbers ? a >= b : left >= right)
    case ':': {
      const found = new RegExp(`^(?:${right.replace(/\\([()])/g, '$1')})`).exec(left)
      return found === null ? (right.includes('\\(') ? '' : '0') : (found[1] ?? String(found[0].length))
    }
    default:
      return undefined
  }
}
