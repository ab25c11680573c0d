import type { BuiltinContext } from '../builtin.js'
import { setVariable, variable } from '../shell-state.js'

/** `getopts optstring name [args]`: one option per call, OPTIND counts words. */
export async function getopts({ state, args, complain }: BuiltinContext): Promise<number> {
  const [wanted = '', name = 'opt', ...own] = args
  const words = own.length > 0 ? own : state.positional
  const silent = wanted.startsWith(':')
  const index = Number(variable(state, 'OPTIND') ?? 1)
  const offset = Number(variable(state, ' OPTOFF') ?? 1)
  const word = words[index - 1]
  if (word === undefined || !/^-./.test(word) || word === '--') {
    if (word === '--') setVariable(state, 'OPTIND', String(index + 1))
    setVariable(state, name, '?')
    return 1
  }
  const letter = word[offset] ?? ''
  const more = offset + 1 < word.length
  const known = letter !== ':' && wanted.includes(letter)
  const takesValue = known && wanted[wanted.indexOf(letter) + 1] === ':'
  const value = takesValue ? (more ? word.slice(offset + 1) : words[index]) : undefined
  setVariable(state, ' OPTOFF', String(more && !takesValue ? offset + 1 : 1))
  setVariable(state, 'OPTIND', String(index + (more && !takesValue ? 0 : 1) + (takesValue && !more ? 1 : 0)))
  state.variables.delete('OPTARG')
  if (!known || (takesValue && value === undefined)) {
    setVariable(state, name, known && silent ? ':' : '?')
    if (silent) setVariable(state, 'OPTARG', letter)
    else await complain(known ? `No arg for -${letter} option` : `Illegal option -${letter}`)
    return 0
  }
  setVariable(state, name, letter)
  if (value !== undefined) setVariable(state, 'OPTARG', value)
  return 0
}
