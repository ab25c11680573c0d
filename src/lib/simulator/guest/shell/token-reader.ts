import { SyntaxFailure } from './ast.js'
import type { Lexer, Token } from './lexer.js'
import { plainText } from './word-reader.js'

/** Words that end a list of commands. */
export const CLOSERS = new Set(['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}'])

/** Looks one token ahead, and knows what a token means where a command may begin. */
export class TokenReader {
  protected readonly lexer: Lexer
  protected token: Token
  /** Where the lexer stood before the look-ahead token's successor: the end of the current token. */
  protected end: number

  constructor(lexer: Lexer) {
    this.lexer = lexer
    this.token = this.lexer.next()
    this.end = this.lexer.position
  }

  get openHereDocument(): boolean {
    return this.lexer.openHereDocument
  }

  protected advance(): Token {
    const token = this.token
    this.token = this.lexer.next()
    this.end = this.lexer.position
    return token
  }

  protected newlines(): void {
    while (this.token.kind === 'newline') this.advance()
  }

  protected isOperator(text: string): boolean {
    return this.token.kind === 'operator' && this.token.text === text
  }

  /** The look-ahead token as an unquoted word. */
  protected keyword(): string | undefined {
    if (this.token.kind !== 'word') return undefined
    const plain = plainText(this.token.word)
    return plain === undefined || plain.quoted ? undefined : plain.text
  }

  protected atScriptEnd(): boolean {
    if (this.token.kind === 'end' || this.isOperator(')') || this.isOperator(';;')) return true
    return CLOSERS.has(this.keyword() ?? '')
  }

  protected expect(keyword: string): void {
    if (this.keyword() !== keyword) throw this.unexpected(keyword)
    this.advance()
  }

  protected unexpected(expected?: string): SyntaxFailure {
    const token = this.token
    const shown =
      token.kind === 'end'
        ? 'end of file'
        : token.kind === 'newline'
          ? 'newline'
          : token.kind === 'word'
            ? CLOSERS.has(token.raw)
              ? `"${token.raw}"`
              : 'word'
            : token.kind === 'operator'
              ? `"${token.text}"`
              : 'redirection'
    return new SyntaxFailure(
      this.lexer.line,
      `Syntax error: ${shown} unexpected${expected === undefined ? '' : ` (expecting "${expected}")`}`,
      token.kind === 'end',
    )
  }
}
