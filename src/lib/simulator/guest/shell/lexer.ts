import type { Parameter, ParameterOperator, Script, Word, WordPart } from './ast.js'
import { SyntaxFailure } from './ast.js'

export type Token =
  | { readonly kind: 'word'; readonly word: Word; readonly raw: string }
  | { readonly kind: 'operator'; readonly text: string }
  | { readonly kind: 'descriptor'; readonly number: number }
  | { readonly kind: 'newline' }
  | { readonly kind: 'end' }

/** A here-document whose body is read when its line ends. */
export interface HereDocument {
  readonly delimiter: string
  readonly quoted: boolean
  readonly stripTabs: boolean
  body: Word
}

const OPERATORS = [
  '<<<',
  '<<-',
  '&&',
  '||',
  ';;',
  '<<',
  '>>',
  '<&',
  '>&',
  '<>',
  '>|',
  '&>',
  '|',
  '&',
  ';',
  '<',
  '>',
  '(',
  ')',
]
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const SPECIAL = '@*#?-$!0123456789'

/**
 * Turns shell text into tokens on demand. `substitution` parses the commands of `$(…)` from a position on and tells where
 * they end: the lexer knows words, not commands.
 */
export class Lexer {
  readonly #source: string
  readonly #substitution: (source: string, position: number) => { readonly script: Script; readonly end: number }
  readonly #hereDocuments: HereDocument[] = []
  #position: number
  #openHereDocument = false

  constructor(
    source: string,
    position: number,
    substitution: (source: string, position: number) => { readonly script: Script; readonly end: number },
  ) {
    this.#source = source
    this.#position = position
    this.#substitution = substitution
  }

  get position(): number {
    return this.#position
  }

  get line(): number {
    return this.#source.slice(0, this.#position).split('\n').length
  }

  /** The text ended inside a here-document, or before its first line. */
  get openHereDocument(): boolean {
    return this.#openHereDocument || this.#hereDocuments.length > 0
  }

  expectHereDocument(document: HereDocument): void {
    this.#hereDocuments.push(document)
  }

  next(): Token {
    this.#skipBlanks()
    const char = this.#peek()
    if (char === undefined) return { kind: 'end' }
    if (char === '\n') {
      this.#position++
      this.#readHereDocuments()
      return { kind: 'newline' }
    }
    const operator = OPERATORS.find((text) => this.#source.startsWith(text, this.#position))
    if (operator !== undefined) {
      this.#position += operator.length
      return { kind: 'operator', text: operator }
    }
    const start = this.#position
    const descriptor = /(\d+)(?=[<>])/y
    descriptor.lastIndex = start
    const digits = descriptor.exec(this.#source)?.[1]
    if (digits !== undefined) {
      this.#position += digits.length
      return { kind: 'descriptor', number: Number(digits) }
    }
    const word = this.#word((next) => ' \t\n|&;<>()'.includes(next))
    return { kind: 'word', word, raw: this.#source.slice(start, this.#position) }
  }

  #peek(offset = 0): string | undefined {
    return this.#source[this.#position + offset]
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.#peek()
      if (char === ' ' || char === '\t') this.#position++
      else if (char === '\\' && this.#peek(1) === '\n') this.#position += 2
      else if (char === '#') while (this.#peek() !== undefined && this.#peek() !== '\n') this.#position++
      else return
    }
  }

  #word(ends: (char: string) => boolean): Word {
    const parts: WordPart[] = []
    for (let char = this.#peek(); char !== undefined && !ends(char); char = this.#peek()) {
      if (char === "'") parts.push({ kind: 'text', text: this.#singleQuoted(), quoted: true })
      else if (char === '"') parts.push(...this.#doubleQuoted())
      else if (char === '\\') {
        const escaped = this.#peek(1)
        this.#position += escaped === undefined ? 1 : 2
        if (escaped !== '\n') parts.push({ kind: 'text', text: escaped ?? '\\', quoted: true })
      } else if (char === '$') parts.push(this.#dollar(false))
      else if (char === '`') parts.push(this.#backquoted(false))
      else {
        this.#position++
        parts.push({ kind: 'text', text: char, quoted: false })
      }
    }
    return joined(parts)
  }

  #singleQuoted(): string {
    const end = this.#source.indexOf("'", this.#position + 1)
    if (end < 0) throw new SyntaxFailure(this.line, 'Syntax error: Unterminated quoted string', true)
    const text = this.#source.slice(this.#position + 1, end)
    this.#position = end + 1
    return text
  }

  #doubleQuoted(): WordPart[] {
    this.#position++
    const parts = this.#quotedUntil('"')
    this.#position++
    return parts.length === 0 ? [{ kind: 'text', text: '', quoted: true }] : parts
  }

  /** Text in which only `$`, backquotes and some backslashes are special: double quotes and here-documents. */
  #quotedUntil(end: string | undefined): WordPart[] {
    const parts: WordPart[] = []
    for (;;) {
      const char = this.#peek()
      if (char === end) return parts
      if (char === undefined) throw new SyntaxFailure(this.line, 'Syntax error: Unterminated quoted string', true)
      if (char === '\\') {
        const escaped = this.#peek(1)
        const special = escaped !== undefined && `$\`\\\n${end ?? ''}`.includes(escaped)
        this.#position += special ? 2 : 1
        if (special && escaped === '\n') continue
        parts.push({ kind: 'text', text: special ? escaped : '\\', quoted: true })
      } else if (char === '$') parts.push(this.#dollar(true))
      else if (char === '`') parts.push(this.#backquoted(true))
      else {
        this.#position++
        parts.push({ kind: 'text', text: char, quoted: true })
      }
    }
  }

  #dollar(quoted: boolean): WordPart {
    if (this.#source.startsWith('$((', this.#position)) {
      const arithmetic = this.#arithmetic(quoted)
      if (arithmetic !== undefined) return arithmetic
    }
    const char = this.#peek(1)
    if (char === '(') {
      const { script, end } = this.#substitution(this.#source, this.#position + 2)
      this.#position = end
      return { kind: 'command', script, quoted }
    }
    if (char === '{') return this.#braced(quoted)
    if (char === "'" && !quoted) {
      this.#position++
      return { kind: 'text', text: this.#ansiQuoted(), quoted: true }
    }
    this.#position++
    const name = char !== undefined && SPECIAL.includes(char) ? char : this.#match(NAME)
    if (name === undefined) return { kind: 'text', text: '$', quoted }
    if (name === char && SPECIAL.includes(char)) this.#position++
    return { kind: 'parameter', parameter: { name }, quoted }
  }

  /** `$'a\nb'`. */
  #ansiQuoted(): string {
    let text = ''
    this.#position++
    for (let char = this.#peek(); char !== "'"; char = this.#peek()) {
      if (char === undefined) throw new SyntaxFailure(this.line, 'Syntax error: Unterminated quoted string', true)
      if (char === '\\') {
        const escaped = this.#peek(1) ?? ''
        text +=
          { n: '\n', t: '\t', r: '\r', e: '\x1b', a: '\x07', b: '\b', f: '\f', v: '\v', '0': '\0' }[escaped] ?? escaped
        this.#position += 2
      } else {
        text += char
        this.#position++
      }
    }
    this.#position++
    return text
  }

  #arithmetic(quoted: boolean): WordPart | undefined {
    let depth = 0
    for (let at = this.#position + 3; at < this.#source.length; at++) {
      const char = this.#source[at]
      if (char === '(') depth++
      else if (char === ')') {
        depth--
        if (depth >= 0) continue
        if (this.#source[at + 1] !== ')') return undefined
        const inner = new Lexer(this.#source.slice(0, at), this.#position + 3, this.#substitution)
        this.#position = at + 2
        return { kind: 'arithmetic', expression: joined(inner.#quotedUntil(undefined)), quoted }
      }
    }
    return undefined
  }

  #braced(quoted: boolean): WordPart {
    this.#position += 2
    if (this.#peek() === '#' && this.#peek(1) !== '}') {
      this.#position++
      const name = this.#parameterName()
      this.#expectBrace()
      return { kind: 'parameter', parameter: { name, operator: 'length' }, quoted }
    }
    const name = this.#parameterName()
    const operator = this.#match(/:[-=?+]|##?|%%?|\/\/?|[-=?+:]/y)
    if (operator === undefined) {
      this.#expectBrace()
      return { kind: 'parameter', parameter: { name }, quoted }
    }
    const pattern = '#%/'.includes(operator[0] ?? '')
    const word = quoted && !pattern ? this.#quotedBraceWord() : this.#word((char) => char === '}')
    this.#expectBrace()
    const parameter: Parameter = { name, operator: parameterOperator(operator), word }
    return { kind: 'parameter', parameter, quoted }
  }

  /** The word in `"${x:-word}"`: quoted, but with quotes inside taken away. */
  #quotedBraceWord(): Word {
    const parts: WordPart[] = []
    for (let char = this.#peek(); char !== undefined && char !== '}'; char = this.#peek()) {
      if (char === '"') parts.push(...this.#doubleQuoted())
      else if (char === '$') parts.push(this.#dollar(true))
      else if (char === '`') parts.push(this.#backquoted(true))
      else if (char === '\\' && this.#peek(1) !== undefined) {
        const escaped = this.#peek(1) ?? ''
        parts.push({ kind: 'text', text: '$`"\\}'.includes(escaped) ? escaped : `\\${escaped}`, quoted: true })
        this.#position += 2
      } else {
        parts.push({ kind: 'text', text: char, quoted: true })
        this.#position++
      }
    }
    return joined(parts)
  }

  #parameterName(): string {
    const name = this.#match(/[A-Za-z_][A-Za-z0-9_]*|\d+|[@*#?$!-]/y)
    if (name === undefined) throw new SyntaxFailure(this.line, 'Bad substitution')
    return name
  }

  #expectBrace(): void {
    if (this.#peek() !== '}')
      throw new SyntaxFailure(
        this.line,
        this.#peek() === undefined ? "Syntax error: Missing '}'" : 'Bad substitution',
        this.#peek() === undefined,
      )
    this.#position++
  }

  #backquoted(quoted: boolean): WordPart {
    let text = ''
    let at = this.#position + 1
    for (; this.#source[at] !== '`'; at++) {
      if (at >= this.#source.length)
        throw new SyntaxFailure(this.line, 'Syntax error: EOF in backquote substitution', true)
      const escaped = this.#source[at + 1] ?? ''
      if (this.#source[at] === '\\' && `$\`\\${quoted ? '"' : ''}`.includes(escaped)) at++
      text += this.#source[at]
    }
    this.#position = at + 1
    return { kind: 'command', script: this.#substitution(`${text})`, 0).script, quoted }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const found = pattern.exec(this.#source)?.[0]
    if (found !== undefined) this.#position += found.length
    return found
  }

  #readHereDocuments(): void {
    for (const document of this.#hereDocuments.splice(0)) {
      const lines: string[] = []
      let closed = false
      while (this.#position < this.#source.length) {
        const end = this.#source.indexOf('\n', this.#position)
        const stop = end < 0 ? this.#source.length : end
        const raw = this.#source.slice(this.#position, stop)
        this.#position = end < 0 ? stop : stop + 1
        const line = document.stripTabs ? raw.replace(/^\t+/, '') : raw
        if (line === document.delimiter) {
          closed = true
          break
        }
        lines.push(`${line}\n`)
      }
      this.#openHereDocument ||= !closed
      const text = lines.join('')
      document.body = document.quoted
        ? [{ kind: 'text', text, quoted: true }]
        : joined(new Lexer(text, 0, this.#substitution).#quotedUntil(undefined))
    }
  }
}

/** The word's text if it is nothing but text: what a keyword or a here-document delimiter must be. */
export function plainText(word: Word): { readonly text: string; readonly quoted: boolean } | undefined {
  let text = ''
  let quoted = false
  for (const part of word) {
    if (part.kind !== 'text') return undefined
    text += part.text
    quoted ||= part.quoted
  }
  return { text, quoted }
}

function joined(parts: readonly WordPart[]): Word {
  const result: WordPart[] = []
  for (const part of parts) {
    const last = result.at(-1)
    if (last?.kind === 'text' && part.kind === 'text' && last.quoted === part.quoted) {
      result[result.length - 1] = { ...last, text: last.text + part.text }
    } else result.push(part)
  }
  return result
}

function parameterOperator(text: string): ParameterOperator {
  switch (text) {
    case '-':
    case ':-':
    case '=':
    case ':=':
    case '?':
    case ':?':
    case '+':
    case ':+':
    case '#':
    case '##':
    case '%':
    case '%%':
    case '/':
    case '//':
    case ':':
      return text
    default:
      throw new SyntaxFailure(0, 'Bad substitution')
  }
}
