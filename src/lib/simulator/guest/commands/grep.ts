import { FileError } from '../files/file-error.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { parseArguments } from './arguments.js'
import { basicExpression, extendedExpression } from './basic-expression.js'
import { openOperand } from './streams.js'

/** `grep`, with `-E -F -i -v -q -c -l -n -o -w -x -r -s -e`. */
export const grep: Program = async (context) => {
  const options = parseArguments(context.args, ['e', 'f', 'm', 'A', 'B', 'C', 'max-count', 'regexp'])
  const given = options.values('e', 'regexp')
  const [first, ...others] = options.operands
  const patterns = given.length > 0 ? given : first === undefined ? [] : [first]
  if (patterns.length === 0) {
    await context.err(`Usage: ${context.argv[0]} [OPTION]... PATTERNS [FILE]...\n`)
    return 2
  }
  const fixed = options.has('F') || context.argv[0]?.endsWith('fgrep') === true
  const extended = options.has('E', 'P') || context.argv[0]?.endsWith('egrep') === true
  const expressions = patterns
    .flatMap((pattern) => pattern.split('\n'))
    .map((pattern) => {
      const whole = (source: string) =>
        options.has('x') ? `^(?:${source})$` : options.has('w') ? `\\b(?:${source})\\b` : source
      const base = fixed
        ? pattern.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
        : (extended ? extendedExpression(pattern) : basicExpression(pattern)).source
      return new RegExp(whole(base), options.has('i') ? 'gi' : 'g')
    })
  const operands = given.length > 0 ? options.operands : others
  const names = options.has('r', 'R')
    ? filesBelow(context, operands.length === 0 ? ['.'] : operands)
    : operands.length === 0
      ? ['-']
      : operands
  const named = (names.length > 1 || options.has('r', 'R', 'H')) && !options.has('h')
  const limit = Number(options.value('m', 'max-count') ?? Number.POSITIVE_INFINITY)
  let found = false
  let failed = false
  for (const name of names) {
    try {
      let count = 0
      let number = 0
      for await (const line of openOperand(context, name).lines()) {
        number++
        const hits = expressions.flatMap((expression) => [...line.matchAll(expression)])
        if (hits.length > 0 === options.has('v')) continue
        found = true
        count++
        if (options.has('q')) return 0
        if (!options.has('l', 'L', 'c')) {
          const prefix = `${named ? `${name}:` : ''}${options.has('n') ? `${number}:` : ''}`
          const shown = options.has('o') ? hits.map((hit) => hit[0]).filter((hit) => hit !== '') : [line]
          await context.out(shown.map((text) => `${prefix}${text}\n`).join(''))
        }
        if (count >= limit || options.has('l')) break
      }
      if (options.has('c')) await context.out(`${named ? `${name}:` : ''}${count}\n`)
      if (options.has('l') && count > 0) await context.out(`${name}\n`)
      if (options.has('L') && count === 0) await context.out(`${name}\n`)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      failed = true
      if (!options.has('s', 'q')) await context.err(`${context.argv[0]}: ${name}: ${error.message}\n`)
    }
  }
  return failed && !(found && options.has('q')) ? 2 : found ? 0 : 1
}

function filesBelow(context: ProgramContext, roots: readonly string[]): string[] {
  return roots.flatMap((root) => {
    const node = context.files.find(context.path(root))
    if (node?.kind !== 'directory') return [root]
    return filesBelow(
      context,
      context.files.list(context.path(root)).map((name) => `${root.replace(/\/$/, '')}/${name}`),
    )
  })
}
