import type { Parameter, ParameterOperator, Script, Word, WordPart } from './ast.js'
import { SyntaxFailure } from './ast.js'

/** Parses the commands of a `$(…)` from a position on and tells where they end: a word reader knows words, not commands. */
export type Substitution = (source: string, position: number) => { readonly script: Script; readonly end: number }

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const SPECIAL = '@*#?-$!0123456789'

/** Reads words: quotes, parameters, substitutions. */
export class WordReader {
  protected readonly source: string
  protected readonly substitution: Substitution
  protected at: number

  constructor(source: string, position: number, substitution: Substitution) {
    this.source = source
    this.at = position
    this.substitution = substitution
  }

  get position(): number {
    return this.at
  }

  get line(): number {
    return this.source.slice(0, this.at).split('\n').length
  }

  protected peek(offset = 0): string | undefined {
    return this.source[this.at + offset]
  }

  protected word(ends: (char: string) => boolean): Word {
    const parts: WordPart[] = []
    for (let char = this.peek(); char !== undefined && !ends(char); char = this.peek()) {
      if (char === "'") parts.push({ kind: 'text', text: this.#singleQuoted(), quoted: true })
      else if (char === '"') parts.push(...this.#doubleQuoted())
      else if (char === '\\') {
        const escaped = this.peek(1)
        this.at += escaped === undefined ? 1 : 2
        if (escaped !== '\n') parts.push({ kind: 'text', text: escaped ?? '\\', quoted: true })
      } else if (char === '$') parts.push(this.#dollar(false))
      else if (char === '`') parts.push(this.#backquoted(false))
      else {
        this.at++
        parts.push({ kind: 'text', text: char, quoted: false })
      }
    }
    return joined(parts)
  }

  #singleQuoted(): string {
    const end = this.source.indexOf("'", this.at + 1)
    if (end < 0) throw new SyntaxFailure(this.line, 'Syntax error: Unterminated quoted string', true)
    const text = this.source.slice(this.at + 1, end)
    this.at = end + 1
    return text
  }

  #doubleQuoted(): WordPart[] {
    this.at++
    const parts = this.quotedUntil('"')
    this.at++
    return parts.length === 0 ? [{ kind: 'text', text: '', quoted: true }] : parts
  }

  /** Text in which only `$`, backquotes and some backslashes are special: double quotes and here-documents. */
  protected quotedUntil(end: string | undefined): WordPart[] {
    const parts: WordPart[] = []
    for (;;) {
      const char = this.peek()
      if (char === end) return parts
      if (char === undefined) throw new SyntaxFailure(this.line, 'Syntax error: Unterminated quoted string', true)
      if (char === '\\') {
        const escaped = this.peek(1)
        const special = escaped !== undefined && `$\`\\\n${end ?? ''}`.includes(escaped)
        this.at += special ? 2 : 1
        if (special && escaped === '\n') continue
        parts.push({ kind: 'text', text: special ? escaped : '\\', quoted: true })
      } else if (char === '$') parts.push(this.#dollar(true))
      else if (char === '`') parts.push(this.#backquoted(true))
      else {
        this.at++
        parts.push({ kind: 'text', text: char, quoted: true })
      }
    }
  }

  /** The rest of the text as if between double quotes. */
  wholeText(): Word {
    return joined(this.quotedUntil(undefined))
  }

  #dollar(quoted: boolean): WordPart {
    if (this.source.startsWith('$((', this.at)) {
      const arithmetic = this.#arithmetic(quoted)
      if (arithmetic !== undefined) return arithmetic
    }
    const char = this.peek(1)
    if (char === '(') {
      const { script, end } = this.substitution(this.source, this.at + 2)
      this.at = end
      return { kind: 'command', script, quoted }
    }
    if (char === '{') return this.#braced(quoted)
    if (char === "'" && !quoted) {
      this.at++
      return { kind: 'text', text: this.#ansiQuoted(), quoted: true }
    }
    this.at++
    const name = char !== undefined && SPECIAL.includes(char) ? char : this.#match(NAME)
    if (name === undefined) return { kind: 'text', text: '$', quoted }
    if (name === char && SPECIAL.includes(char)) this.at++
    return { kind: 'parameter', parameter: { name }, quoted }
  }

  /** `$'a\nb'`. */
  #ansiQuoted(): string {
    let text = ''
    this.at++
    for (let char = this.peek(); char !== "'"; char = this.peek()) {
      if (char === undefined) throw new SyntaxFailure(this.line, 'Syntax error: Unterminated quoted string', true)
      if (char === '\\') {
        const escaped = this.peek(1) ?? ''
        text +=
          { n: '\n', t: '\t', r: '\r', e: '\x1b', a: '\x07', b: '\b', f: '\f', v: '\v', '0': '\0' }[escaped] ?? escaped
        this.at += 2
      } else {
        text += char
        this.at++
      }
    }
    this.at++
    return text
  }

  #arithmetic(quoted: boolean): WordPart | undefined {
    let depth = 0
    for (let at = this.at + 3; at < this.source.length; at++) {
      const char = this.source[at]
      if (char === '(') depth++
      else if (char === ')') {
        depth--
        if (depth >= 0) continue
        if (this.source[at + 1] !== ')') return undefined
        const inner = new WordReader(this.source.slice(0, at), this.at + 3, this.substitution)
        this.at = at + 2
        return { kind: 'arithmetic', expression: inner.wholeText(), quoted }
      }
    }
    return undefined
  }

  #braced(quoted: boolean): WordPart {
    this.at += 2
    if (this.peek() === '#' && this.peek(1) !== '}') {
      this.at++
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
    const word = quoted && !pattern ? this.#quotedBraceWord() : this.word((char) => char === '}')
    this.#expectBrace()
    const parameter: Parameter = { name, operator: parameterOperator(operator), word }
    return { kind: 'parameter', parameter, quoted }
  }

  /** The word in `"${x:-word}"`: quoted, but with quotes inside taken away. */
  #quotedBraceWord(): Word {
    const parts: WordPart[] = []
    for (let char = this.peek(); char !== undefined && char !== '}'; char = this.peek()) {
      if (char === '"') parts.push(...this.#doubleQuoted())
      else if (char === '$') parts.push(this.#dollar(true))
      else if (char === '`') parts.push(this.#backquoted(true))
      else if (char === '\\' && this.peek(1) !== undefined) {
        const escaped = this.peek(1) ?? ''
        parts.push({ kind: 'text', text: '$`"\\}'.includes(escaped) ? escaped : `\\${escaped}`, quoted: true })
        this.at += 2
      } else {
        parts.push({ kind: 'text', text: char, quoted: true })
        this.at++
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
    if (this.peek() !== '}')
      throw new SyntaxFailure(
        this.line,
        this.peek() === undefined ? "Syntax error: Missing '}'" : 'Bad substitution',
        this.peek() === undefined,
      )
    this.at++
  }

  #backquoted(quoted: boolean): WordPart {
    let text = ''
    let at = this.at + 1
    for (; this.source[at] !== '`'; at++) {
      if (at >= this.source.length)
        throw new SyntaxFailure(this.line, 'Syntax error: EOF in backquote substitution', true)
      const escaped = this.source[at + 1] ?? ''
      if (this.source[at] === '\\' && `$\`\\${quoted ? '"' : ''}`.includes(escaped)) at++
      text += this.source[at]
    }
    this.at = at + 1
    return { kind: 'command', script: this.substitution(`${text})`, 0).script, quoted }
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.source)?.[0]
    if (found !== undefined) this.at += found.length
    return found
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
