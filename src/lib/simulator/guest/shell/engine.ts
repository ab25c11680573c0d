import type { Process } from '../machine/process.js'
import type { Command, Script } from './ast.js'
import type { Evaluator } from './builtin.js'
import type { Descriptors, ShellState } from './shell-state.js'

/** What the parts of the evaluator need of each other. */
export interface Engine extends Evaluator {
  runCommand(state: ShellState, command: Command): Promise<void>
  /** Runs `body` in a copy of the shell that is a process of its own; resolves with its status. */
  inSubshell(
    state: ShellState,
    descriptors: Descriptors,
    body: (inner: ShellState) => Promise<void>,
    child?: Process,
  ): Promise<number>
  /** Runs the commands of a `$(…)` and resolves with what they wrote. */
  substitute(state: ShellState, script: Script): Promise<string>
}
