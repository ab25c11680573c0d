import type { Word } from './ast.js'
import { WordReader } from './word-reader.js'

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

/** The longest first. */
const OPERATORS = '<<< <<- && || ;; << >> <& >& <> >| &> | & ; < > ( )'.split(' ')

/** Turns shell text into tokens on demand, and reads here-documents when the line of their operator ends. */
export class Lexer extends WordReader {
  readonly #hereDocuments: HereDocument[] = []
  #openHereDocument = false

  /** The text ended inside a here-document, or before its first line. */
  get openHereDocument(): boolean {
    return this.#openHereDocument || this.#hereDocuments.length > 0
  }

  expectHereDocument(document: HereDocument): void {
    this.#hereDocuments.push(document)
  }

  next(): Token {
    this.#skipBlanks()
    const char = this.peek()
    if (char === undefined) return { kind: 'end' }
    if (char === '\n') {
      this.at++
      this.#readHereDocuments()
      return { kind: 'newline' }
    }
    const operator = OPERATORS.find((text) => this.source.startsWith(text, this.at))
    if (operator !== undefined) {
      this.at += operator.length
      return { kind: 'operator', text: operator }
    }
    const start = this.at
    const descriptor = /(\d+)(?=[<>])/y
    descriptor.lastIndex = start
    const digits = descriptor.exec(this.source)?.[1]
    if (digits !== undefined) {
      this.at += digits.length
      return { kind: 'descriptor', number: Number(digits) }
    }
    const word = this.word((next) => ' \t\n|&;<>()'.includes(next))
    return { kind: 'word', word, raw: this.source.slice(start, this.at) }
  }

  #skipBlanks(): void {
    for (;;) {
      const char = this.peek()
      if (char === ' ' || char === '\t') this.at++
      else if (char === '\\' && this.peek(1) === '\n') this.at += 2
      else if (char === '#') while (this.peek() !== undefined && this.peek() !== '\n') this.at++
      else return
    }
  }

  #readHereDocuments(): void {
    for (const document of this.#hereDocuments.splice(0)) {
      const lines: string[] = []
      let closed = false
      while (this.at < this.source.length) {
        const end = this.source.indexOf('\n', this.at)
        const stop = end < 0 ? this.source.length : end
        const raw = this.source.slice(this.at, stop)
        this.at = end < 0 ? stop : stop + 1
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
        : new WordReader(text, 0, this.substitution).wholeText()
    }
  }
}
