import type { AndOr, Command, Pipeline, Redirection, Script } from './ast.js'
import { SyntaxFailure } from './ast.js'
import { CompoundParser } from './compound-parser.js'
import { Lexer } from './lexer.js'

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

/** Parses lists of pipelines of commands. */
class Parser extends CompoundParser {
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
    const commands = [this.command()]
    while (this.isOperator('|')) {
      this.advance()
      this.newlines()
      commands.push(this.command())
    }
    return { negated, commands }
  }

  protected command(): Command {
    const compound = this.compound()
    if (compound === undefined) return this.simple()
    const redirections: Redirection[] = []
    for (let next = this.redirection(); next !== undefined; next = this.redirection()) redirections.push(next)
    return { kind: 'compound', body: compound, redirections }
  }
}
