import type { AndOr, Assignment, CaseItem, Command, Compound, Pipeline, Redirection, Script, Word } from './ast.js'
import { SyntaxFailure } from './ast.js'
import { type HereDocument, Lexer } from './lexer.js'
import { CLOSERS, TokenReader } from './token-reader.js'
import { plainText } from './word-reader.js'

const REDIRECTIONS = ['<', '>', '>>', '>|', '<>', '<&', '>&', '<<', '<<-', '&>', '<<<'] as const

/** Parses a shell program. Throws SyntaxFailure. */
export function parseScript(source: string): Script {
  const parser = parserOf(source, 0)
  const script = parser.script()
  parser.expectEnd()
  return script
}

/** Parses what was typed so far; undefined while it goes on in the next line. */
export function parseTyped(source: string): Script | undefined {
  if (/(^|[^\\])(\\\\)*\\\n$/.test(source)) return undefined
  try {
    const parser = parserOf(source, 0)
    const script = parser.script()
    parser.expectEnd()
    return parser.openHereDocument ? undefined : script
  } catch (error) {
    if (error instanceof SyntaxFailure && error.incomplete) return undefined
    throw error
  }
}

/** Parses the commands of a `$(…)` whose opening parenthesis is behind us. */
function parseSubstitution(source: string, position: number): { readonly script: Script; readonly end: number } {
  const parser = parserOf(source, position)
  const script = parser.script()
  return { script, end: parser.closingParenthesis() }
}

function parserOf(source: string, position: number): Parser {
  return new Parser(new Lexer(source, position, parseSubstitution))
}

class Parser extends TokenReader {
  script(): Script {
    const list: AndOr[] = []
    this.newlines()
    while (!this.atScriptEnd()) {
      const item = this.#andOr()
      const background = this.isOperator('&')
      list.push({ ...item, background })
      if (!background && !this.isOperator(';') && this.token.kind !== 'newline') break
      if (this.token.kind === 'operator') this.advance()
      this.newlines()
    }
    return list
  }

  expectEnd(): void {
    if (this.token.kind !== 'end') throw this.unexpected()
  }

  closingParenthesis(): number {
    if (!this.isOperator(')')) throw this.unexpected(')')
    return this.end
  }

  #andOr(): Omit<AndOr, 'background'> {
    const first = this.#pipeline()
    const rest: { operator: '&&' | '||'; pipeline: Pipeline }[] = []
    for (;;) {
      const operator = this.isOperator('&&') ? '&&' : this.isOperator('||') ? '||' : undefined
      if (operator === undefined) return { first, rest }
      this.advance()
      this.newlines()
      rest.push({ operator, pipeline: this.#pipeline() })
    }
  }

  #pipeline(): Pipeline {
    let negated = false
    while (this.keyword() === '!') {
      this.advance()
      negated = !negated
    }
    const commands = [this.#command()]
    while (this.isOperator('|')) {
      this.advance()
      this.newlines()
      commands.push(this.#command())
    }
    return { negated, commands }
  }

  #command(): Command {
    const compound = this.#compound()
    if (compound === undefined) return this.#simple()
    const redirections: Redirection[] = []
    for (let next = this.#redirection(); next !== undefined; next = this.#redirection()) redirections.push(next)
    return { kind: 'compound', body: compound, redirections }
  }

  #compound(): Compound | undefined {
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

  #simple(): Command {
    const { line } = this.lexer
    const assignments: Assignment[] = []
    const words: Word[] = []
    const redirections: Redirection[] = []
    for (;;) {
      const redirection = this.#redirection()
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
    return { kind: 'function', name, body: this.#command() }
  }

  #redirection(): Redirection | undefined {
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

function assignmentOf(word: Word, raw: string): Assignment | undefined {
  const found = /^([A-Za-z_]\w*)(\+?)=/.exec(raw)
  const first = word[0]
  if (found?.[1] === undefined || first?.kind !== 'text' || first.quoted) return undefined
  const rest = first.text.slice(found[0].length)
  const value: Word = rest === '' ? word.slice(1) : [{ ...first, text: rest }, ...word.slice(1)]
  return { name: found[1], value, append: found[2] === '+' }
}
