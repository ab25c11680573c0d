import type { Builtin, BuiltinContext } from '../builtin.js'
import { ShellFailure, type ShellOptions, type ShellState, setVariable, variable } from '../shell-state.js'
import { getopts } from './getopts.js'

/** Builtins that read and change the shell's variables and options. */
export const VARIABLES: Readonly<Record<string, Builtin>> = {
  export: (context) => declare(context, { exported: true }),
  readonly: (context) => declare(context, { readonly: true }),
  declare: (context) => declare(context, {}),
  typeset: (context) => declare(context, {}),
  local,
  unset,
  set: setOptions,
  shopt: () => 0,
  shift,
  read,
  getopts,
}

async function declare(
  { state, args, out }: BuiltinContext,
  marks: { exported?: boolean; readonly?: boolean },
): Promise<number> {
  const names = args.filter((word) => !word.startsWith('-'))
  if (args.includes('-x')) marks = { ...marks, exported: true }
  if (args.includes('-r')) marks = { ...marks, readonly: true }
  for (const word of names) {
    const [name = '', value] = assignment(word)
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new ShellFailure(`export: ${name}: bad variable name`, 2)
    const before = state.variables.get(name)
    if (value !== undefined) setVariable(state, name, value)
    if (value === undefined && before === undefined && marks.exported !== true) continue
    const current = state.variables.get(name)
    if (current !== undefined) state.variables.set(name, { ...current, ...marks })
  }
  if (names.length === 0) {
    for (const [name, { value, exported }] of [...state.variables].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (exported === (marks.exported ?? exported)) await out(`export ${name}='${value.replaceAll("'", "'\"'\"'")}'\n`)
    }
  }
  return 0
}

function assignment(word: string): readonly [string, string | undefined] {
  const at = word.indexOf('=')
  return at < 0 ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)]
}

function local({ state, args }: BuiltinContext): number {
  const saved = state.locals.at(-1)
  if (saved === undefined) throw new ShellFailure('local: not in a function', 2)
  for (const word of args.filter((one) => !one.startsWith('-'))) {
    const [name, value] = assignment(word)
    if (!saved.has(name)) saved.set(name, state.variables.get(name))
    if (value !== undefined) setVariable(state, name, value)
  }
  return 0
}

function unset({ state, args }: BuiltinContext): number {
  const functions = args[0] === '-f'
  for (const name of args.filter((word) => !word.startsWith('-'))) {
    if (functions) state.functions.delete(name)
    else if (state.variables.get(name)?.readonly === true) throw new ShellFailure(`unset: ${name}: is read only`, 2)
    else state.variables.delete(name)
  }
  return 0
}

const LETTERS: Readonly<Record<string, keyof ShellOptions>> = { e: 'errexit', u: 'nounset', x: 'xtrace', f: 'noglob' }
const NAMES: Readonly<Record<string, keyof ShellOptions>> = {
  errexit: 'errexit',
  nounset: 'nounset',
  xtrace: 'xtrace',
  noglob: 'noglob',
  pipefail: 'pipefail',
}

async function setOptions({ state, args, out }: BuiltinContext): Promise<number> {
  if (args.length === 0) {
    for (const [name, { value }] of [...state.variables].sort(([a], [b]) => (a < b ? -1 : 1)))
      await out(`${name}='${value}'\n`)
    return 0
  }
  const rest = takeOptions(args, state)
  if (rest !== undefined) state.positional = rest
  return 0
}

/** Applies `-eux`, `+e`, `-o pipefail`; answers the words behind them, undefined when there were only options. */
export function takeOptions(args: readonly string[], state: ShellState): readonly string[] | undefined {
  for (let at = 0; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--') return args.slice(at + 1)
    if (!/^[-+]./.test(word)) return args.slice(at)
    const on = word.startsWith('-')
    for (const letter of word.slice(1)) {
      if (letter === 'o') {
        at++
        const option = NAMES[args[at] ?? '']
        if (option !== undefined) state.options[option] = on
        else if (!['posix', 'nolog', 'noclobber', 'allexport', 'errtrace', 'functrace'].includes(args[at] ?? ''))
          throw new ShellFailure(`set: Illegal option -o ${args[at]}`, 2)
        continue
      }
      const option = LETTERS[letter]
      if (option !== undefined) state.options[option] = on
      else if (!'abhmnvEBCHTil'.includes(letter))
        throw new ShellFailure(`set: Illegal option ${on ? '-' : '+'}${letter}`, 2)
    }
  }
  return undefined
}

function shift({ state, args }: BuiltinContext): number {
  const count = Number(args[0] ?? 1)
  if (count > state.positional.length) throw new ShellFailure("shift: can't shift that many", 2)
  state.positional = state.positional.slice(count)
  return 0
}

async function read({ state, args, streams }: BuiltinContext): Promise<number> {
  const raw = args.some((word) => /^-\w*r/.test(word))
  const names = args.filter((word, index) => !word.startsWith('-') && !/^-[pntud]$/.test(args[index - 1] ?? ''))
  let text = ''
  let line = await streams.stdin.readLine()
  while (!raw && line?.complete === true && /(^|[^\\])(\\\\)*\\$/.test(line.text)) {
    text += line.text.slice(0, -1)
    line = await streams.stdin.readLine()
  }
  text += line?.text ?? ''
  if (!raw) text = text.replace(/\\(.)/g, '$1')
  const targets = names.length === 0 ? ['REPLY'] : names
  const words = splitLine(text, variable(state, 'IFS') ?? ' \t\n', targets.length)
  for (const [index, name] of targets.entries()) setVariable(state, name, words[index] ?? '')
  return line?.complete === true ? 0 : 1
}

/** The line in at most `count` parts; the last takes what is left. */
function splitLine(text: string, separators: string, count: number): string[] {
  const blanks = [...separators].filter((char) => /\s/.test(char)).join('')
  const trim = (value: string) => {
    let from = 0
    let to = value.length
    while (from < to && blanks.includes(value[from] ?? '')) from++
    while (to > from && blanks.includes(value[to - 1] ?? '')) to--
    return value.slice(from, to)
  }
  const words: string[] = []
  let rest = separators === '' ? text : trim(text)
  while (words.length < count - 1 && rest !== '') {
    const at = [...rest].findIndex((char) => separators.includes(char))
    if (at < 0) break
    words.push(rest.slice(0, at))
    rest = trim(rest.slice(blanks.includes(rest[at] ?? '') ? at : at + 1))
    if (blanks.includes(text[at] ?? '') && separators.includes(rest[0] ?? ' ') && !blanks.includes(rest[0] ?? ' '))
      rest = trim(rest.slice(1))
  }
  words.push(rest)
  return words
}
