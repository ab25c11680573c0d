import { dashEcho, echo, printf } from '../../commands/print.js'
import { killProcess } from '../../commands/processes.js'
import { test } from '../../commands/test.js'
import { programContext } from '../../machine/execute.js'
import type { Program } from '../../machine/program.js'
import type { Builtin, BuiltinTable } from '../builtin.js'
import type { Flavour } from '../shell-state.js'
import { DIRECTORIES } from './directories.js'
import { FLOW } from './flow.js'
import { VARIABLES } from './variables.js'

/** Everything the shell runs without a new process. */
export function shellBuiltins(flavour: Flavour): BuiltinTable {
  return new Map<string, Builtin>([
    ...Object.entries(FLOW),
    ...Object.entries(VARIABLES),
    ...Object.entries(DIRECTORIES),
    ['true', () => 0],
    ['false', () => 1],
    ['echo', inShell(flavour === 'dash' ? dashEcho : echo)],
    ['printf', inShell(printf)],
    ['test', inShell(test)],
    ['[', inShell(test)],
    ['kill', inShell(killProcess)],
    [
      'pwd',
      async ({ state, out }) => {
        await out(`${state.process.cwd}\n`)
        return 0
      },
    ],
  ])
}

function inShell(program: Program): Builtin {
  return ({ state, argv, streams }) => program(programContext(state.machine, state.process, streams, argv))
}
