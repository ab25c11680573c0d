import { ArithmeticFailure, arithmetic } from './arithmetic.js'
import type { Parameter, Script, Word } from './ast.js'
import { fields, fileNames, type Piece } from './fields.js'
import { type PatternPiece, patternSource } from './pattern.js'
import { ShellFailure, type ShellState, setVariable, variable } from './shell-state.js'

/** Runs the commands of a `$(…)` and resolves with what they wrote. */
export type Substitute = (script: Script) => Promise<string>

/** Expands words into the arguments of a command: parameters, substitutions, splitting, file names. */
export async function expandWords(
  words: readonly Word[],
  state: ShellState,
  substitute: Substitute,
): Promise<string[]> {
  const result: string[] = []
  for (const word of words) {
    for (const braced of state.flavour === 'bash' ? braceExpanded(word) : [word]) {
      for (const field of fields(await pieces(braced, state, substitute), state))
        result.push(...fileNames(field, state))
    }
  }
  return result
}

/** Expands a word into one string: assignments, redirections, `case`. */
export async function expandText(word: Word, state: ShellState, substitute: Substitute): Promise<string> {
  return (await pieces(word, state, substitute))
    .map((piece) => (piece.boundary === true ? ` ${piece.text}` : piece.text))
    .join('')
}

/** Expands a word into a pattern that remembers what was quoted. */
export async function expandPattern(
  word: Word,
  state: ShellState,
  substitute: Substitute,
): Promise<readonly PatternPiece[]> {
  return pieces(word, state, substitute)
}

async function pieces(word: Word, state: ShellState, substitute: Substitute): Promise<Piece[]> {
  const result: Piece[] = []
  for (const [index, part] of word.entries()) {
    switch (part.kind) {
      case 'text':
        result.push({
          text: index === 0 && !part.quoted ? tilde(part.text, state) : part.text,
          quoted: part.quoted,
          split: false,
        })
        break
      case 'command':
        result.push({
          text: (await substitute(part.script)).replace(/\n+$/, ''),
          quoted: part.quoted,
          split: !part.quoted,
        })
        break
      case 'arithmetic': {
        const text = evaluateArithmetic(await expandText(part.expression, state, substitute), state)
        result.push({ text, quoted: part.quoted, split: !part.quoted })
        break
      }
      case 'parameter':
        result.push(...(await parameterPieces(part.parameter, part.quoted, state, substitute)))
        break
    }
  }
  return result
}

function evaluateArithmetic(expression: string, state: ShellState): string {
  try {
    return arithmetic(expression, {
      get: (name) => variable(state, name) ?? '',
      set: (name, value) => setVariable(state, name, value),
    })
  } catch (error) {
    if (error instanceof ArithmeticFailure) throw new ShellFailure(error.message, 2)
    throw error
  }
}

/** The operators that change a value; the others only say what stands in where there is none. */
const TRANSFORMING = /^(?::|##?|%%?|\/.*)$/

async function parameterPieces(
  parameter: Parameter,
  quoted: boolean,
  state: ShellState,
  substitute: Substitute,
): Promise<Piece[]> {
  const { name, operator } = parameter
  const list = name === '@' || name === '*'
  const value = parameterValue(name, state)
  const missing = value === undefined || (list && state.positional.length === 0)
  const empty = missing || value === ''
  const word = parameter.word ?? []
  const useWord = operator?.startsWith(':') === true && operator !== ':' ? empty : missing
  switch (operator) {
    case '-':
    case ':-':
      if (useWord) return wordPieces(word, quoted, state, substitute)
      break
    case '+':
    case ':+':
      return useWord ? nothing(quoted) : wordPieces(word, quoted, state, substitute)
    case '=':
    case ':=':
      if (useWord) {
        const text = await expandText(word, state, substitute)
        setVariable(state, name, text)
        return [{ text, quoted, split: !quoted }]
      }
      break
    case '?':
    case ':?':
      if (useWord) {
        const text = await expandText(word, state, substitute)
        throw new ShellFailure(
          `${name}: ${text === '' ? (operator === '?' ? 'parameter not set' : 'parameter not set or null') : text}`,
          2,
        )
      }
      break
    case 'length':
      needSet(name, value, state)
      return [{ text: String(list ? state.positional.length : [...(value ?? '')].length), quoted, split: !quoted }]
    default:
  }
  needSet(name, value, state)
  if (list) return positionalPieces(name, quoted, state)
  const text = TRANSFORMING.test(operator ?? '')
    ? await transformed(value ?? '', operator ?? '', word, state, substitute)
    : (value ?? '')
  return [{ text, quoted, split: !quoted }]
}

function needSet(name: string, value: string | undefined, state: ShellState): void {
  if (value === undefined && state.options.nounset && name !== '@' && name !== '*')
    throw new ShellFailure(`${name}: parameter not set`, 2)
}

async function wordPieces(word: Word, quoted: boolean, state: ShellState, substitute: Substitute): Promise<Piece[]> {
  const inner = await pieces(word, state, substitute)
  if (inner.length === 0) return nothing(quoted)
  return quoted
    ? inner.map((piece) => ({ ...piece, quoted: true, split: false }))
    : inner.map((piece) => ({ ...piece, split: !piece.quoted }))
}

/** An expansion to nothing: between quotes still an empty word. */
function nothing(quoted: boolean): Piece[] {
  return quoted ? [{ text: '', quoted: true, split: false }] : []
}

function positionalPieces(name: string, quoted: boolean, state: ShellState): Piece[] {
  const { positional } = state
  if (quoted && name === '*')
    return [{ text: positional.join((variable(state, 'IFS') ?? ' ')[0] ?? ''), quoted: true, split: false }]
  return positional.map((text, index) => ({ text, quoted, split: !quoted, ...(index > 0 ? { boundary: true } : {}) }))
}

/** The removal and replacement forms: `${x#p}`, `${x%p}`, `${x/p/r}`, `${x:offset:length}`. */
async function transformed(
  value: string,
  operator: string,
  word: Word,
  state: ShellState,
  substitute: Substitute,
): Promise<string> {
  if (operator === ':') {
    const [offset = '0', length] = (await expandText(word, state, substitute)).split(':')
    const start = Number(evaluateArithmetic(offset, state))
    const from = start < 0 ? Math.max(value.length + start, 0) : start
    const count = length === undefined ? value.length : Number(evaluateArithmetic(length, state))
    return count < 0 ? value.slice(from, value.length + count) : value.slice(from, from + count)
  }
  if (operator.startsWith('/')) {
    const { pattern, replacement } = await replacementParts(word, state, substitute)
    const expression = new RegExp(patternSource(pattern), operator === '//' ? 'gu' : 'u')
    return patternSource(pattern) === '' ? value : value.replace(expression, () => replacement)
  }
  const pattern = await expandPattern(word, state, substitute)
  if (operator === '#' || operator === '##') {
    return value.replace(new RegExp(`^(?:${patternSource(pattern, { shortest: operator === '#' })})`, 'u'), '')
  }
  const source = patternSource(pattern)
  const starts = [...Array(value.length + 1).keys()]
  if (operator === '%') starts.reverse()
  const whole = new RegExp(`^(?:${source})$`, 'u')
  const start = starts.find((at) => whole.test(value.slice(at)))
  return start === undefined ? value : value.slice(0, start)
}

async function replacementParts(word: Word, state: ShellState, substitute: Substitute) {
  const all = await expandPattern(word, state, substitute)
  const pattern: PatternPiece[] = []
  let replacement: string | undefined
  for (const piece of all) {
    const slash = piece.quoted || replacement !== undefined ? -1 : piece.text.indexOf('/')
    if (replacement !== undefined) replacement += piece.text
    else if (slash < 0) pattern.push(piece)
    else {
      pattern.push({ text: piece.text.slice(0, slash), quoted: false })
      replacement = piece.text.slice(slash + 1)
    }
  }
  return { pattern, replacement: replacement ?? '' }
}

function parameterValue(name: string, state: ShellState): string | undefined {
  switch (name) {
    case '@':
    case '*':
      return state.positional.join(' ')
    case '#':
      return String(state.positional.length)
    case '?':
      return String(state.lastStatus)
    case '$':
      return String(state.shellPid)
    case '!':
      return state.lastBackground === undefined ? '' : String(state.lastBackground)
    case '0':
      return state.name
    case '-': {
      const { options } = state
      return `${options.errexit ? 'e' : ''}${options.noglob ? 'f' : ''}${options.nounset ? 'u' : ''}${options.xtrace ? 'x' : ''}`
    }
    default:
      return /^\d+$/.test(name) ? state.positional[Number(name) - 1] : variable(state, name)
  }
}

function tilde(text: string, state: ShellState): string {
  if (text !== '~' && !text.startsWith('~/')) return text
  return `${variable(state, 'HOME') ?? '/root'}${text.slice(1)}`
}

/** `{a,b}` and `{1..3}`, as bash has them; only in words that are plain text around the braces. */
function braceExpanded(word: Word): Word[] {
  for (const [index, part] of word.entries()) {
    if (part.kind !== 'text' || part.quoted) continue
    const found = /\{([^{}]*,[^{}]*|-?\d+\.\.-?\d+)\}/.exec(part.text)
    if (found?.[1] === undefined) continue
    const before = part.text.slice(0, found.index)
    const after = part.text.slice(found.index + found[0].length)
    return alternatives(found[1]).flatMap((choice) =>
      braceExpanded([...word.slice(0, index), { ...part, text: before + choice + after }, ...word.slice(index + 1)]),
    )
  }
  return [word]
}

function alternatives(inside: string): string[] {
  const range = /^(-?\d+)\.\.(-?\d+)$/.exec(inside)
  if (range === null) return inside.split(',')
  const [from, to] = [Number(range[1]), Number(range[2])]
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, step) => String(from + (from <= to ? step : -step)))
}
