import { FileError } from '../files/file-error.js'
import { Input, inputOf } from '../machine/input.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { randomBytes } from '../machine/random-bytes.js'
import { parseArguments } from './arguments.js'

/** Opens an operand for reading; `-` is standard input. Throws FileError. */
export function openOperand(context: ProgramContext, operand: string): Input {
  if (operand === '-') return context.stdin
  const path = context.path(operand)
  const node = context.files.stat(path)
  if (node.kind === 'directory') throw new FileError('EISDIR', path)
  if (node.kind !== 'device') return inputOf(context.files.read(path).chunks())
  if (node.device === 'zero' || node.device === 'full') return new Input(async () => new Uint8Array(4096))
  if (node.device === 'random') return new Input(async () => randomBytes(context.machine.random, 4096))
  return node.device === 'stdin' || node.device === 'tty' ? context.stdin : inputOf([])
}

/** Calls `use` for each operand's content, or for standard input when there is none. Status 1 when one cannot be read. */
export async function forEachInput(
  context: ProgramContext,
  operands: readonly string[],
  use: (input: Input, name: string) => Promise<void>,
): Promise<number> {
  let status = 0
  for (const operand of operands.length === 0 ? ['-'] : operands) {
    try {
      await use(openOperand(context, operand), operand)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      await context.err(`${context.argv[0]}: ${operand}: ${error.message}\n`)
      status = 1
    }
  }
  return status
}

export const cat: Program = async (context) => {
  const options = parseArguments(context.args)
  let number = 0
  return forEachInput(context, options.operands, async (input) => {
    if (options.has('n', 'A', 'v', 'E')) {
      for await (const line of input.lines()) {
        number++
        await context.out(
          `${options.has('n') ? `${String(number).padStart(6)}\t` : ''}${line}${options.has('A', 'E') ? '$' : ''}\n`,
        )
      }
    } else
      for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read())
        await context.stdout.write(chunk)
  })
}

export const tee: Program = async (context) => {
  const options = parseArguments(context.args)
  const { files } = context
  const open: string[] = []
  let status = 0
  for (const operand of options.operands) {
    try {
      const path = context.path(operand)
      const mode = 0o666 & ~context.process.umask
      if (options.has('a', 'append')) files.append(path, '', mode)
      else files.write(path, '', mode)
      if (files.stat(path).kind === 'file') open.push(files.realPath(path))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      await context.err(`${context.argv[0]}: ${operand}: ${error.message}\n`)
      status = 1
    }
  }
  for (let chunk = await context.stdin.read(); chunk !== undefined; chunk = await context.stdin.read()) {
    for (const path of open) if (files.exists(path)) files.append(path, chunk)
    await context.stdout.write(chunk)
  }
  return status
}

/** `dd if= of= bs= count=`: copies blocks and reports them on stderr. */
export const dd: Program = async (context) => {
  const settings = new Map(context.args.map((word) => [word.split('=', 1)[0] ?? '', word.slice(word.indexOf('=') + 1)]))
  const block = byteCount(settings.get('bs') ?? '512')
  const limit = settings.has('count') ? block * Number(settings.get('count')) : Number.POSITIVE_INFINITY
  const from = settings.get('if')
  const to = settings.get('of')
  let copied = 0
  try {
    const input = from === undefined ? context.stdin : openOperand(context, from)
    if (to !== undefined) context.files.write(context.path(to), '', 0o666 & ~context.process.umask)
    while (copied < limit) {
      const chunk = await input.read()
      if (chunk === undefined) break
      const part = chunk.subarray(0, limit - copied)
      copied += part.length
      context.process.signal.throwIfAborted()
      if (to === undefined) await context.stdout.write(part)
      else context.files.append(context.path(to), part)
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    await context.err(`dd: failed to open '${error.path}': ${error.message}\n`)
    return 1
  }
  const records = `${Math.floor(copied / block)}+${copied % block === 0 ? 0 : 1}`
  if (settings.get('status') !== 'none')
    await context.err(`${records} records in\n${records} records out\n${copied} bytes copied\n`)
  return 0
}

/** `64`, `4k`, `1M`. */
function byteCount(text: string): number {
  const found = /^(\d+)(?:([kKMGT])i?B?)?$/.exec(text)
  const power = ['', 'k', 'M', 'G', 'T'].indexOf(found?.[2]?.replace('K', 'k') ?? '')
  return Number(found?.[1] ?? 0) * 1024 ** power
}

export const head: Program = (context) =>
  firstOrLast(context, async (input, count, bytes) => {
    if (count.startsWith('-')) {
      const lines = await collect(input)
      await context.out(
        lines
          .slice(0, Number(count))
          .map((line) => `${line}\n`)
          .join(''),
      )
      return
    }
    let left = Number(count)
    while (left > 0) {
      if (bytes) {
        const chunk = await input.read()
        if (chunk === undefined) return
        const part = chunk.subarray(0, left)
        input.unread(chunk.subarray(left))
        left -= part.length
        await context.stdout.write(part)
      } else {
        const line = await input.readLine()
        if (line === undefined) return
        left--
        await context.out(line.text + (line.complete ? '\n' : ''))
      }
    }
  })

/** With `-f` and `-F` it goes on with what is added to the one file named. */
export const tail: Program = async (context) => {
  const options = parseArguments(context.args, ['n', 'c', 'lines', 'bytes'])
  const followed = options.has('f', 'F', 'follow') ? options.operands[0] : undefined
  const start = followed === undefined ? 0 : sizeOf(context, followed)
  const status = await showTail(context)
  if (followed === undefined || status !== 0) return status
  for (let seen = start; ; seen = Math.min(seen, sizeOf(context, followed))) {
    await context.machine.clock.sleep(1000, context.process.signal)
    const size = sizeOf(context, followed)
    if (size <= seen) continue
    await context.stdout.write(context.files.readBytes(context.path(followed)).subarray(seen))
    seen = size
  }
}

function sizeOf(context: ProgramContext, operand: string): number {
  try {
    return context.files.read(context.path(operand)).size
  } catch (error) {
    if (error instanceof FileError) return 0
    throw error
  }
}

const showTail: Program = (context) =>
  firstOrLast(context, async (input, count, bytes) => {
    const all = await input.readAll()
    if (bytes) {
      const from = count.startsWith('+') ? Number(count) - 1 : Math.max(0, all.length - Number(count.replace('-', '')))
      await context.stdout.write(all.subarray(from))
      return
    }
    const lines = all.toString('utf8').split(/(?<=\n)/)
    const amount = Number(count.replace(/^[-+]/, ''))
    await context.out(
      (count.startsWith('+') ? lines.slice(amount - 1) : amount === 0 ? [] : lines.slice(-amount)).join(''),
    )
  })

async function firstOrLast(
  context: ProgramContext,
  show: (input: Input, count: string, bytes: boolean) => Promise<void>,
): Promise<number> {
  const args = context.args.flatMap((word) => (/^-\d+$/.test(word) ? ['-n', word.slice(1)] : [word]))
  const options = parseArguments(args, ['n', 'c', 'lines', 'bytes'])
  const bytes = options.value('c', 'bytes')
  const count = bytes ?? options.value('n', 'lines') ?? '10'
  if (!/^[-+]?\d+[kM]?$/.test(count)) {
    await context.err(`${context.argv[0]}: invalid number of lines: '${count}'\n`)
    return 1
  }
  const many = options.operands.length > 1 && !options.has('q')
  let first = true
  return forEachInput(context, options.operands, async (input, name) => {
    if (many) await context.out(`${first ? '' : '\n'}==> ${name} <==\n`)
    first = false
    await show(input, bytes === undefined ? count : String(byteCount(count)), bytes !== undefined)
  })
}

async function collect(input: Input): Promise<string[]> {
  const lines: string[] = []
  for await (const line of input.lines()) lines.push(line)
  return lines
}

export const wc: Program = async (context) => {
  const options = parseArguments(context.args)
  const all = !options.has('l', 'w', 'c', 'm')
  const sum = { lines: 0, words: 0, bytes: 0 }
  const row = (counts: typeof sum, name: string) => {
    const shown = [
      ...(all || options.has('l') ? [counts.lines] : []),
      ...(all || options.has('w') ? [counts.words] : []),
      ...(all || options.has('c', 'm') ? [counts.bytes] : []),
    ]
    const width =
      shown.length > 1 || options.operands.length > 1
        ? options.operands.length === 0
          ? 7
          : String(sum.bytes).length
        : 0
    return `${shown.map((count) => String(count).padStart(width)).join(' ')}${name === '-' ? '' : ` ${name}`}\n`
  }
  const rows: [typeof sum, string][] = []
  const status = await forEachInput(context, options.operands, async (input, name) => {
    const counts = { lines: 0, words: 0, bytes: 0 }
    let inWord = false
    for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
      counts.bytes += chunk.length
      for (const byte of chunk) {
        const blank = byte === 32 || (byte >= 9 && byte <= 13)
        if (byte === 10) counts.lines++
        if (!blank && !inWord) counts.words++
        inWord = !blank
      }
    }
    sum.lines += counts.lines
    sum.words += counts.words
    sum.bytes += counts.bytes
    rows.push([counts, name])
  })
  for (const [counts, name] of rows) await context.out(row(counts, name))
  if (options.operands.length > 1) await context.out(row(sum, 'total'))
  return status
}
