import { FileError } from '../files/file-error.js'
import { absolute } from '../files/path.js'
import { hasMagic, type PatternPiece, patternSource } from './pattern.js'
import { type ShellState, variable } from './shell-state.js'

/** A stretch of expanded text: quoted text stays whole, the result of an unquoted expansion is split. */
export interface Piece {
  readonly text: string
  readonly quoted: boolean
  readonly split: boolean
  /** Starts a new field: between the words of `"$@"`. */
  readonly boundary?: boolean
}

type Field = PatternPiece[]

/** Splits at the characters of IFS; blanks among them also at runs. */
export function fields(parts: readonly Piece[], state: ShellState): Field[] {
  const separators = variable(state, 'IFS') ?? ' \t\n'
  const result: Field[] = []
  let current: Field | undefined
  for (const piece of parts) {
    if (piece.boundary === true) {
      if (current !== undefined) result.push(current)
      current = undefined
    }
    if (!piece.split) {
      if (piece.text !== '' || piece.quoted) {
        current ??= []
        current.push({ text: piece.text, quoted: piece.quoted })
      }
      continue
    }
    for (let at = 0; at < piece.text.length; ) {
      const char = piece.text[at] ?? ''
      if (!separators.includes(char)) {
        let end = at
        while (end < piece.text.length && !separators.includes(piece.text[end] ?? '')) end++
        current ??= []
        current.push({ text: piece.text.slice(at, end), quoted: false })
        at = end
        continue
      }
      const blank = /\s/.test(char)
      if (current !== undefined || !blank) result.push(current ?? [])
      current = undefined
      at++
      if (!blank) while (/\s/.test(piece.text[at] ?? '') && separators.includes(piece.text[at] ?? '')) at++
      else if (
        separators.includes(piece.text[at] ?? '') &&
        !/\s/.test(piece.text[at] ?? '') &&
        piece.text[at] !== undefined
      )
        at++
    }
  }
  if (current !== undefined) result.push(current)
  return result
}

/** The files whose names match, or the word itself when it is no pattern or none matches. */
export function fileNames(field: Field, state: ShellState): string[] {
  const text = field.map((piece) => piece.text).join('')
  if (state.options.noglob || !hasMagic(field)) return [text]
  const found = globbed(field, state)
  return found.length === 0 ? [text] : found
}

function globbed(field: Field, state: ShellState): string[] {
  const segments = splitAtSlashes(field)
  const rooted = segments[0]?.every((piece) => piece.text === '') === true && segments.length > 1
  const files = state.machine.files.as(state.process)
  let paths = [rooted ? '/' : '']
  for (const segment of rooted ? segments.slice(1) : segments) {
    const literal = segment.map((piece) => piece.text).join('')
    const join = (path: string, name: string) =>
      path === '' || path.endsWith('/') ? `${path}${name}` : `${path}/${name}`
    if (!hasMagic(segment)) {
      paths =
        literal === ''
          ? paths.map((path) => `${path}/`)
          : paths
              .map((path) => join(path, literal))
              .filter((path) => files.lstatOrNothing(absolute(path, state.process.cwd)) !== undefined)
      continue
    }
    const expression = new RegExp(`^${patternSource(segment, { path: true })}$`, 'u')
    const hidden = literal.startsWith('.')
    paths = paths.flatMap((path) =>
      names(path === '' ? state.process.cwd : absolute(path, state.process.cwd))
        .filter((name) => expression.test(name) && (hidden || !name.startsWith('.')))
        .map((name) => join(path, name)),
    )
  }
  return paths

  function names(path: string): readonly string[] {
    try {
      return files.list(path)
    } catch (error) {
      if (error instanceof FileError) return []
      throw error
    }
  }
}

function splitAtSlashes(field: Field): Field[] {
  const segments: Field[] = [[]]
  for (const piece of field) {
    for (const [index, text] of piece.text.split('/').entries()) {
      if (index > 0) segments.push([])
      segments.at(-1)?.push({ text, quoted: piece.quoted })
    }
  }
  return segments
}
