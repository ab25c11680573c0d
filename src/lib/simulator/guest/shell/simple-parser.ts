import type { Assignment, Command, Redirection, Word } from './ast.js'
import { SyntaxFailure } from './ast.js'
import { RedirectionReader } from './redirection-reader.js'
import { plainText } from './word-reader.js'

/** Parses simple commands, and the functions that they turn out to be. */
export abstract class SimpleParser extends RedirectionReader {
  protected abstract command(): Command

  protected simple(): Command {
    const { line } = this.lexer
    const assignments: Assignment[] = []
    const words: Word[] = []
    const redirections: Redirection[] = []
    for (;;) {
      const redirection = this.redirection()
      if (redirection !== undefined) {
        redirections.push(redirection)
        continue
      }
      if (this.token.kind !== 'word') break
      const { word, raw } = this.token
      const assignment = words.length === 0 ? assignmentOf(word, raw) : undefined
      this.advance()
      if (assignment !== undefined) assignments.push(assignment)
      else words.push(word)
      if (words.length === 1 && this.isOperator('(')) return this.#function(word)
      if (words.length === 1 && plainText(word)?.text === 'function' && this.keyword() !== undefined)
        return this.#function(undefined)
    }
    if (assignments.length + words.length + redirections.length === 0) throw this.unexpected()
    return { kind: 'simple', line, assignments, words, redirections }
  }

  /** After `name (`, or with undefined after bash's `function`. */
  #function(word: Word | undefined): Command {
    let name = word === undefined ? undefined : plainText(word)?.text
    if (name === undefined) {
      name = this.keyword()
      this.advance()
    }
    if (this.isOperator('(')) {
      this.advance()
      if (!this.isOperator(')')) throw this.unexpected(')')
      this.advance()
    }
    if (name === undefined || !/^[\w.:-]+$/.test(name))
      throw new SyntaxFailure(this.lexer.line, 'Syntax error: Bad function name')
    this.newlines()
    return { kind: 'function', name, body: this.command() }
  }
}

function assignmentOf(word: Word, raw: string): Assignment | undefined {
  const found = /^([A-Za-z_]\w*)(\+?)=/.exec(raw)
  const first = word[0]
  if (found?.[1] === undefined || first?.kind !== 'text' || first.quoted) return undefined
  const rest = first.text.slice(found[0].length)
  const value: Word = rest === '' ? word.slice(1) : [{ ...first, text: rest }, ...word.slice(1)]
  return { name: found[1], value, append: found[2] === '+' }
}
