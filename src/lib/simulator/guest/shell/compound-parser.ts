import type { CaseItem, Compound, Script, Word } from './ast.js'
import { SyntaxFailure } from './ast.js'
import { SimpleParser } from './simple-parser.js'
import { CLOSERS } from './token-reader.js'

/** Parses what holds lists of commands: groups, conditions, loops. */
export abstract class CompoundParser extends SimpleParser {
  /** The commands up to a word that ends them. */
  abstract script(): Script

  /** Undefined: no compound command begins here. */
  protected compound(): Compound | undefined {
    if (this.isOperator('(')) {
      this.advance()
      const body = this.script()
      if (!this.isOperator(')')) throw this.unexpected(')')
      this.advance()
      return { kind: 'subshell', body }
    }
    const keyword = this.keyword()
    switch (keyword) {
      case '{': {
        this.advance()
        const body = this.script()
        this.expect('}')
        return { kind: 'group', body }
      }
      case 'if':
        return this.#if()
      case 'while':
      case 'until': {
        this.advance()
        const condition = this.script()
        return { kind: 'loop', until: keyword === 'until', condition, body: this.#doGroup() }
      }
      case 'for':
        return this.#for()
      case 'case':
        return this.#case()
      case '[[':
        return this.#condition()
      default:
        if (keyword !== undefined && CLOSERS.has(keyword)) throw this.unexpected()
        return undefined
    }
  }

  #if(): Compound {
    const branches: { condition: Script; body: Script }[] = []
    do {
      this.advance()
      const condition = this.script()
      this.expect('then')
      branches.push({ condition, body: this.script() })
    } while (this.keyword() === 'elif')
    if (this.keyword() !== 'else') {
      this.expect('fi')
      return { kind: 'if', branches }
    }
    this.advance()
    const otherwise = this.script()
    this.expect('fi')
    return { kind: 'if', branches, otherwise }
  }

  #doGroup(): Script {
    this.expect('do')
    const body = this.script()
    this.expect('done')
    return body
  }

  #for(): Compound {
    this.advance()
    const name = this.keyword()
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name))
      throw new SyntaxFailure(this.lexer.line, 'Syntax error: Bad for loop variable')
    this.advance()
    this.newlines()
    let words: Word[] | undefined
    if (this.keyword() === 'in') {
      this.advance()
      words = []
      while (this.token.kind === 'word') {
        words.push(this.token.word)
        this.advance()
      }
    }
    if (this.isOperator(';')) this.advance()
    this.newlines()
    const body = this.#doGroup()
    return words === undefined ? { kind: 'for', name, body } : { kind: 'for', name, words, body }
  }

  #case(): Compound {
    this.advance()
    if (this.token.kind !== 'word') throw this.unexpected()
    const { word } = this.token
    this.advance()
    this.newlines()
    this.expect('in')
    this.newlines()
    const items: CaseItem[] = []
    while (this.keyword() !== 'esac') {
      if (this.isOperator('(')) this.advance()
      const patterns: Word[] = []
      for (;;) {
        if (this.token.kind !== 'word') throw this.unexpected()
        patterns.push(this.token.word)
        this.advance()
        if (!this.isOperator('|')) break
        this.advance()
      }
      if (!this.isOperator(')')) throw this.unexpected(')')
      this.advance()
      items.push({ patterns, body: this.script() })
      if (!this.isOperator(';;')) break
      this.advance()
      this.newlines()
    }
    this.expect('esac')
    return { kind: 'case', word, items }
  }

  /** `[[ … ]]`: the words between, in which operators of the shell are plain. */
  #condition(): Compound {
    this.advance()
    const words: Word[] = []
    while (this.keyword() !== ']]') {
      const token = this.advance()
      if (token.kind === 'word') words.push(token.word)
      else if (token.kind === 'operator') words.push([{ kind: 'text', text: token.text, quoted: false }])
      else if (token.kind === 'end') throw this.unexpected(']]')
    }
    this.advance()
    return { kind: 'condition', words }
  }
}
