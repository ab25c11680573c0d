import { FileError } from '../files/file-error.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { parseArguments } from './arguments.js'
import { basicExpression, extendedExpression } from './basic-expression.js'
import { openOperand } from './streams.js'

type Address = { readonly line: number } | { readonly last: true } | { readonly expression: RegExp }

interface Instruction {
  readonly from?: Address
  readonly to?: Address
  readonly negated: boolean
  readonly verb: string
  readonly expression?: RegExp
  readonly replacement?: string
  readonly flags?: string
  readonly text?: string
  readonly block?: readonly Instruction[]
}

class SedFailure extends Error {}

/** `sed` with `s y d p q a i c = { }`, addresses, `-n -e -E -i`. */
export const sed: Program = async (context) => {
  const args = context.args.map((word) => (/^-i./.test(word) ? '-i' : word))
  const options = parseArguments(args, ['e', 'f', 'expression'])
  const scripts = [
    ...options.values('e', 'expression'),
    ...options.values('f').map((name) => context.files.readText(context.path(name))),
  ]
  const [first, ...others] = options.operands
  const operands = scripts.length > 0 ? options.operands : others
  const source = scripts.length > 0 ? scripts.join('\n') : (first ?? '')
  let status = 0
  try {
    const program = instructions(source, options.has('E', 'r'))
    const quiet = options.has('n', 'quiet')
    if (!options.has('i', 'in-place')) {
      const lines: string[] = []
      for (const name of operands.length === 0 ? ['-'] : operands) lines.push(...(await linesOf(context, name)))
      await context.out(edited(lines, program, quiet))
      return status
    }
    for (const name of operands) {
      try {
        const path = context.path(name)
        context.files.write(path, edited(await linesOf(context, name), program, quiet))
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        await context.err(`sed: can't read ${name}: ${error.message}\n`)
        status = 2
      }
    }
    return status
  } catch (error) {
    if (error instanceof SedFailure)
      await context.err(`sed: -e expression #1, char ${source.length}: ${error.message}\n`)
    else if (error instanceof FileError) await context.err(`sed: can't read ${operands[0]}: ${error.message}\n`)
    else throw error
    return error instanceof SedFailure ? 1 : 2
  }
}

async function linesOf(context: ProgramContext, name: string): Promise<string[]> {
  const text = (await openOperand(context, name).readAll()).toString('utf8')
  return text.split(/(?<=\n)/)
}

function edited(lines: readonly string[], program: readonly Instruction[], quiet: boolean): string {
  const active = new Set<Instruction>()
  let output = ''
  for (const [index, raw] of lines.entries()) {
    const end = raw.endsWith('\n') ? '\n' : ''
    let line = end === '' ? raw : raw.slice(0, -1)
    let after = ''
    const outcome = run(program)
    if (outcome !== 'delete' && !quiet) output += line + end
    output += after
    if (outcome === 'quit') break

    function run(list: readonly Instruction[]): 'next' | 'delete' | 'quit' {
      for (const instruction of list) {
        if (selects(instruction, line, index) === instruction.negated) continue
        switch (instruction.verb) {
          case '{': {
            const inner = run(instruction.block ?? [])
            if (inner !== 'next') return inner
            break
          }
          case 's': {
            const before = line
            line = substituted(line, instruction)
            if (line !== before && instruction.flags?.includes('p') === true) output += `${line}\n`
            break
          }
          case 'y': {
            const to = [...(instruction.text ?? '')]
            const from = [...(instruction.replacement ?? '')]
            line = [...line].map((char) => (from.includes(char) ? (to[from.indexOf(char)] ?? '') : char)).join('')
            break
          }
          case 'd':
            return 'delete'
          case 'p':
            output += `${line}\n`
            break
          case 'q':
            return 'quit'
          case 'a':
            after += `${instruction.text ?? ''}\n`
            break
          case 'i':
            output += `${instruction.text ?? ''}\n`
            break
          case 'c':
            output += `${instruction.text ?? ''}\n`
            return 'delete'
          case '=':
            output += `${index + 1}\n`
        }
      }
      return 'next'
    }
  }
  return output

  function selects(instruction: Instruction, line: string, index: number): boolean {
    const { from, to } = instruction
    if (from === undefined) return true
    if (to === undefined) return matches(from, line, index)
    if (active.has(instruction)) {
      if (matches(to, line, index) || ('line' in to && index + 1 >= to.line)) active.delete(instruction)
      return true
    }
    if (!matches(from, line, index)) return false
    if (!('line' in to) || to.line > index + 1) active.add(instruction)
    return true
  }

  function matches(address: Address, line: string, index: number): boolean {
    if ('line' in address) return address.line === index + 1
    if ('last' in address) return index === lines.length - 1
    return address.expression.test(line)
  }
}

function substituted(line: string, { expression, replacement = '', flags = '' }: Instruction): string {
  if (expression === undefined) return line
  const nth = Number(/\d+/.exec(flags)?.[0] ?? 1)
  let count = 0
  return line.replace(expression, (match, ...rest) => {
    count++
    if (count < nth || (count > nth && !flags.includes('g'))) return match
    return replacement.replace(/\\(.)|&/gs, (piece, char: string | undefined) => {
      if (piece === '&') return match
      if (char !== undefined && /\d/.test(char)) {
        const group: unknown = char === '0' ? match : rest[Number(char) - 1]
        return typeof group === 'string' ? group : ''
      }
      return char === 'n' ? '\n' : char === 't' ? '\t' : (char ?? '')
    })
  })
}

function instructions(source: string, extended: boolean): Instruction[] {
  let at = 0
  const list = block(false)
  return list

  function block(nested: boolean): Instruction[] {
    const result: Instruction[] = []
    for (;;) {
      while (/[\s;]/.test(source[at] ?? '')) at++
      if (at >= source.length) {
        if (nested) throw new SedFailure("unmatched `{'")
        return result
      }
      if (source[at] === '}') {
        at++
        return result
      }
      if (source[at] === '#') {
        while (at < source.length && source[at] !== '\n') at++
        continue
      }
      result.push(instruction())
    }
  }

  function instruction(): Instruction {
    const from = address()
    let to: Address | undefined
    if (source[at] === ',') {
      at++
      to = address()
    }
    while (source[at] === ' ') at++
    const negated = source[at] === '!'
    if (negated) at++
    const verb = source[at] ?? ''
    at++
    const base = { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }), negated, verb }
    if (verb === '{') return { ...base, block: block(true) }
    if (verb === 's' || verb === 'y') {
      const delimiter = source[at] ?? ''
      at++
      const pattern = delimited(delimiter)
      const replacement = delimited(delimiter)
      if (verb === 'y') return { ...base, replacement: pattern, text: replacement }
      const flags = /^[gpiIe0-9]*/.exec(source.slice(at))?.[0] ?? ''
      at += flags.length
      return { ...base, expression: expression(pattern, /i/i.test(flags) ? 'gi' : 'g'), replacement, flags }
    }
    if ('aic'.includes(verb)) {
      const end = source.indexOf('\n', source[at] === '\\' ? at + 2 : at)
      const stop = end < 0 ? source.length : end
      const text = source.slice(at, stop).replace(/^\\?\s*\n?/, '')
      at = stop
      return { ...base, text }
    }
    if (!'dpq='.includes(verb) || verb === '')
      throw new SedFailure(verb === '' ? 'missing command' : `unknown command: \`${verb}'`)
    return base
  }

  function address(): Address | undefined {
    const rest = source.slice(at)
    const number = /^\d+/.exec(rest)?.[0]
    if (number !== undefined) {
      at += number.length
      return { line: Number(number) }
    }
    if (rest.startsWith('$')) {
      at++
      return { last: true }
    }
    if (!/^[/\\]/.test(rest)) return undefined
    const delimiter = rest.startsWith('\\') ? (rest[1] ?? '') : '/'
    at += rest.startsWith('\\') ? 2 : 1
    return { expression: expression(delimited(delimiter), '') }
  }

  function expression(pattern: string, flags: string): RegExp {
    return extended ? extendedExpression(pattern, flags) : basicExpression(pattern, flags)
  }

  function delimited(delimiter: string): string {
    let text = ''
    for (; source[at] !== delimiter; at++) {
      if (at >= source.length) throw new SedFailure("unterminated `s' command")
      if (source[at] === '\\' && source[at + 1] === delimiter) at++
      else if (source[at] === '\\') {
        text += source[at]
        at++
      }
      text += source[at]
    }
    at++
    return text
  }
}
