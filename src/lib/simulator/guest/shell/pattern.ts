/** Text of which some characters were quoted and so stand for themselves in a pattern. */
export interface PatternPiece {
  readonly text: string
  readonly quoted: boolean
}

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
}

export function hasMagic(pieces: readonly PatternPiece[]): boolean {
  return pieces.some((piece) => !piece.quoted && /[*?[]/.test(piece.text))
}

/**
 * The regular expression source for a shell pattern. `star` is what `*` may match: everything in `case` and `${x#…}`,
 * no slash in file names. `shortest` makes `*` take as little as it can.
 */
export function patternSource(
  pieces: readonly PatternPiece[],
  options: { readonly path?: boolean; readonly shortest?: boolean } = {},
): string {
  const any = options.path === true ? '[^/]' : '[^]'
  const star = `${any}*${options.shortest === true ? '?' : ''}`
  let source = ''
  for (const { text, quoted } of pieces) {
    for (let at = 0; at < text.length; at++) {
      const char = text[at] ?? ''
      if (quoted) source += escaped(char)
      else if (char === '*') source += star
      else if (char === '?') source += any
      else if (char === '[') {
        const set = bracket(text, at)
        source += set?.source ?? '\\['
        at = set?.end ?? at
      } else if (char === '\\' && at + 1 < text.length) {
        at++
        source += escaped(text[at] ?? '')
      } else source += escaped(char)
    }
  }
  return source
}

export function matchesPattern(text: string, pieces: readonly PatternPiece[]): boolean {
  return new RegExp(`^${patternSource(pieces)}$`, 'u').test(text)
}

/** A pattern that is plain text, as `find -name` gets it. */
export function globExpression(pattern: string): RegExp {
  return new RegExp(`^${patternSource([{ text: pattern, quoted: false }])}$`, 'u')
}

function bracket(text: string, start: number): { readonly source: string; readonly end: number } | undefined {
  let at = start + 1
  const negated = text[at] === '!' || text[at] === '^'
  if (negated) at++
  let source = ''
  for (let first = true; at < text.length; at++, first = false) {
    const char = text[at] ?? ''
    if (char === ']' && !first) return { source: `[${negated ? '^' : ''}${source}]`, end: at }
    const named = /^\[:(\w+):\]/.exec(text.slice(at))
    const members = CLASSES[named?.[1] ?? '']
    if (named !== null && members !== undefined) {
      source += members
      at += named[0].length - 1
    } else
      source +=
        char === '-' ? (first || text[at + 1] === ']' ? '\\-' : '-') : /[\\\]^[]/.test(char) ? `\\${char}` : char
  }
  return undefined
}

function escaped(char: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
}
