import type { Redirection } from './ast.js'
import type { HereDocument } from './lexer.js'
import { TokenReader } from './token-reader.js'
import { plainText } from './word-reader.js'

const REDIRECTIONS = ['<', '>', '>>', '>|', '<>', '<&', '>&', '<<', '<<-', '&>', '<<<'] as const

/** Reads redirections, which may stand before, among and after the words of a command. */
export class RedirectionReader extends TokenReader {
  /** Undefined: something else comes next. */
  protected redirection(): Redirection | undefined {
    let descriptor: number | undefined
    if (this.token.kind === 'descriptor') {
      descriptor = this.token.number
      this.advance()
    }
    const token = this.token
    const found = token.kind === 'operator' ? REDIRECTIONS.find((text) => text === token.text) : undefined
    if (found === undefined) {
      if (descriptor !== undefined) throw this.unexpected()
      return undefined
    }
    this.advance()
    if (this.token.kind !== 'word') throw this.unexpected()
    const { word } = this.token
    const standard = found.startsWith('<') ? 0 : 1
    if (found !== '<<' && found !== '<<-') {
      this.advance()
      return { descriptor: descriptor ?? standard, operator: found, target: word }
    }
    const plain = plainText(word)
    if (plain === undefined) throw this.unexpected()
    const document: HereDocument = { delimiter: plain.text, quoted: plain.quoted, stripTabs: found === '<<-', body: [] }
    this.lexer.expectHereDocument(document)
    this.advance()
    return {
      descriptor: descriptor ?? 0,
      operator: '<<',
      get target() {
        return document.body
      },
    }
  }
}
