import { fileTest } from '../commands/test.js'
import { absolute } from '../files/path.js'
import { matchesPattern, type PatternPiece, patternSource } from './pattern.js'
import { ShellFailure, type ShellState } from './shell-state.js'

type Operand = readonly PatternPiece[]

/** bash's `[[ … ]]`. Throws ShellFailure for what is no condition. */
export function conditionHolds(words: readonly Operand[], state: ShellState): boolean {
  let at = 0
  const result = either()
  if (at < words.length) throw new ShellFailure('syntax error in conditional expression', 2)
  return result

  function either(): boolean {
    let value = both()
    while (text(words[at]) === '||') {
      at++
      const right = both()
      value = value || right
    }
    return value
  }

  function both(): boolean {
    let value = negation()
    while (text(words[at]) === '&&') {
      at++
      const right = negation()
      value = value && right
    }
    return value
  }

  function negation(): boolean {
    const word = text(words[at])
    if (word === '!') {
      at++
      return !negation()
    }
    if (word === '(') {
      at++
      const value = either()
      at++
      return value
    }
    return primary()
  }

  function primary(): boolean {
    const left = words[at] ?? []
    const operator = text(words[at + 1])
    const right = words[at + 2]
    if (right !== undefined && operator !== '&&' && operator !== '||' && operator !== ')') {
      at += 3
      return compared(text(left), operator, right)
    }
    const unary = text(left)
    if (/^-[a-zA-Z]$/.test(unary) && words[at + 1] !== undefined) {
      at += 2
      const operand = operator
      if (unary === '-z') return operand === ''
      if (unary === '-n') return operand !== ''
      return fileTest(unary, absolute(operand, state.process.cwd), state.machine.files.as(state.process)) ?? false
    }
    at++
    return unary !== ''
  }
}

function compared(left: string, operator: string, right: Operand): boolean {
  const value = text(right)
  switch (operator) {
    case '=':
    case '==':
      return matchesPattern(left, right)
    case '!=':
      return !matchesPattern(left, right)
    case '=~':
      return new RegExp(right.map((piece) => (piece.quoted ? patternSource([piece]) : piece.text)).join(''), 'u').test(
        left,
      )
    case '<':
      return left < value
    case '>':
      return left > value
    case '-eq':
      return Number(left) === Number(value)
    case '-ne':
      return Number(left) !== Number(value)
    case '-lt':
      return Number(left) < Number(value)
    case '-le':
      return Number(left) <= Number(value)
    case '-gt':
      return Number(left) > Number(value)
    case '-ge':
      return Number(left) >= Number(value)
    default:
      throw new ShellFailure(`conditional binary operator expected: ${operator}`, 2)
  }
}

function text(operand: Operand | undefined): string {
  return operand?.map((piece) => piece.text).join('') ?? ''
}
