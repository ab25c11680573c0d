import type { Streams } from '../machine/program.js'
import type { Script } from './ast.js'
import type { ShellState } from './shell-state.js'

/** The ways to run something in a shell. */
export interface Evaluator {
  runScript(state: ShellState, script: Script): Promise<number>
  invoke(state: ShellState, argv: readonly string[], options?: { readonly functions?: boolean }): Promise<number>
  /** Runs what `trap … EXIT` ordered, once, and leaves the shell's status in lastStatus. */
  runExitTrap(state: ShellState): Promise<void>
}

export interface BuiltinContext {
  readonly state: ShellState
  readonly argv: readonly string[]
  readonly args: readonly string[]
  readonly streams: Streams
  readonly evaluator: Evaluator
  out(text: string): Promise<void>
  /** Writes a message in the shell's own form to stderr. */
  complain(message: string): Promise<void>
}

/** A command that the shell runs itself, because it changes the shell. Resolves with its status. */
export type Builtin = (context: BuiltinContext) => number | Promise<number>

export type BuiltinTable = ReadonlyMap<string, Builtin>
