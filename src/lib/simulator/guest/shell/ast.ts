/** A word before expansion, in pieces. `quoted` pieces are neither split nor globbed. */
export type Word = readonly WordPart[]

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'parameter'; readonly parameter: Parameter; readonly quoted: boolean }
  | { readonly kind: 'command'; readonly script: Script; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean }

/** `$name`, `${name:-word}`, `${#name}`. */
export interface Parameter {
  readonly name: string
  readonly operator?: ParameterOperator
  readonly word?: Word
}

export type ParameterOperator =
  | '-'
  | ':-'
  | '='
  | ':='
  | '?'
  | ':?'
  | '+'
  | ':+'
  | '#'
  | '##'
  | '%'
  | '%%'
  | '/'
  | '//'
  | ':'
  | 'length'

export interface Redirection {
  readonly descriptor: number
  readonly operator: '<' | '>' | '>>' | '>|' | '<>' | '<&' | '>&' | '<<' | '&>' | '<<<'
  /** The file or descriptor; for `<<` the body. */
  readonly target: Word
}

export interface Assignment {
  readonly name: string
  readonly value: Word
  readonly append: boolean
}

export type Command =
  | {
      readonly kind: 'simple'
      readonly line: number
      readonly assignments: readonly Assignment[]
      readonly words: readonly Word[]
      readonly redirections: readonly Redirection[]
    }
  | {
      readonly kind: 'compound'
      readonly body: Compound
      readonly redirections: readonly Redirection[]
    }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command }

export type Compound =
  | { readonly kind: 'group'; readonly body: Script }
  | { readonly kind: 'subshell'; readonly body: Script }
  | {
      readonly kind: 'if'
      readonly branches: readonly { readonly condition: Script; readonly body: Script }[]
      readonly otherwise?: Script
    }
  | { readonly kind: 'loop'; readonly until: boolean; readonly condition: Script; readonly body: Script }
  | { readonly kind: 'for'; readonly name: string; readonly words?: readonly Word[]; readonly body: Script }
  | { readonly kind: 'case'; readonly word: Word; readonly items: readonly CaseItem[] }
  | { readonly kind: 'condition'; readonly words: readonly Word[] }

export interface CaseItem {
  readonly patterns: readonly Word[]
  readonly body: Script
}

export interface Pipeline {
  readonly negated: boolean
  readonly commands: readonly Command[]
}

/** Pipelines joined by `&&` and `||`; with `background`, by `&` at the end. */
export interface AndOr {
  readonly first: Pipeline
  readonly rest: readonly { readonly operator: '&&' | '||'; readonly pipeline: Pipeline }[]
  readonly background: boolean
}

export type Script = readonly AndOr[]

/** The text is no shell program. */
export class SyntaxFailure extends Error {
  override readonly name = 'SyntaxFailure'
  readonly line: number
  /** More text could make it one. */
  readonly incomplete: boolean

  constructor(line: number, message: string, incomplete = false) {
    super(message)
    this.line = line
    this.incomplete = incomplete
  }
}
