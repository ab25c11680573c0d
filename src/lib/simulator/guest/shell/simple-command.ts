import { launch, runProgram } from '../machine/execute.js'
import type { Process, ProcessStart } from '../machine/process.js'
import type { Command } from './ast.js'
import type { BuiltinTable } from './builtin.js'
import { openAll, withDescriptors } from './descriptors.js'
import type { Engine } from './engine.js'
import { expandText, expandWords } from './expand.js'
import {
  complaint,
  environmentOf,
  Leave,
  type ShellState,
  setVariable,
  streamsOf,
  type Variable,
} from './shell-state.js'

/** Expands a command's words, opens its files, and runs it. */
export async function runSimple(
  engine: Engine,
  state: ShellState,
  command: Extract<Command, { kind: 'simple' }>,
): Promise<void> {
  state.line = command.line
  state.substitutionStatus = 0
  const argv = await expandWords(command.words, state, (script) => engine.substitute(state, script))
  const assignments: [string, string][] = []
  for (const { name, value, append } of command.assignments) {
    const text = await expandText(value, state, (script) => engine.substitute(state, script))
    const whole = append ? (state.variables.get(name)?.value ?? '') + text : text
    if (argv.length === 0) setVariable(state, name, whole)
    else assignments.push([name, whole])
  }
  if (argv.length === 0) state.lastStatus = state.substitutionStatus
  if (state.options.xtrace)
    await trace(
      state,
      command.assignments.length > 0 && argv.length === 0
        ? command.assignments.map(({ name }) => `${name}=${state.variables.get(name)?.value ?? ''}`)
        : argv,
    )
  if (argv[0] === 'exec') {
    state.descriptors = await openAll(engine, state, command.redirections)
    if (argv.length === 1) {
      state.lastStatus = 0
      return
    }
  }
  await withDescriptors(engine, state, argv[0] === 'exec' ? [] : command.redirections, async () => {
    if (argv.length > 0)
      await withVariables(state, assignments, async () => {
        state.lastStatus = await engine.invoke(state, argv)
      })
  })
}

async function trace(state: ShellState, words: readonly string[]): Promise<void> {
  const prompt = state.variables.get('PS4')?.value ?? '+ '
  await streamsOf(state).stderr.write(Buffer.from(`${prompt}${words.join(' ')}\n`))
}

/** Runs a command line: a function, a builtin, or a program. */
export async function invoke(
  engine: Engine,
  builtins: BuiltinTable,
  state: ShellState,
  argv: readonly string[],
  options: { readonly functions?: boolean } = {},
): Promise<number> {
  const name = argv[0] ?? ''
  const body = options.functions === false ? undefined : state.functions.get(name)
  if (body !== undefined) return callFunction(engine, state, body, argv.slice(1))
  const builtin = builtins.get(name)
  const streams = streamsOf(state)
  if (builtin !== undefined) {
    return builtin({
      state,
      argv,
      args: argv.slice(1),
      streams,
      evaluator: engine,
      out: (text) => streams.stdout.write(Buffer.from(text)),
      complain: (message) => streams.stderr.write(Buffer.from(complaint(state, message))),
    })
  }
  const { process, machine } = state
  const start: ProcessStart = { ...startOf(process), argv, environment: environmentOf(state) }
  const found = launch(machine, argv, start)
  if (found.ok) return runProgram(machine, found.program, process, { ...start, argv: found.argv }, streams)
  const text =
    found.failure === 'ENOENT'
      ? name.includes('/') && state.flavour === 'bash'
        ? 'No such file or directory'
        : state.flavour === 'bash'
          ? 'command not found'
          : 'not found'
      : found.failure === 'EACCES'
        ? 'Permission denied'
        : 'Exec format error'
  await streams.stderr.write(Buffer.from(complaint(state, `${name}: ${text}`)))
  return found.failure === 'ENOENT' ? 127 : 126
}

async function callFunction(
  engine: Engine,
  state: ShellState,
  body: Command,
  args: readonly string[],
): Promise<number> {
  const { positional, loopDepth } = state
  const saved = new Map<string, Variable | undefined>()
  state.positional = args
  state.loopDepth = 0
  state.locals.push(saved)
  try {
    await engine.runCommand(state, body)
    return state.lastStatus
  } catch (error) {
    if (error instanceof Leave && error.how === 'return') return error.count
    throw error
  } finally {
    state.locals.pop()
    restore(state, saved)
    state.positional = positional
    state.loopDepth = loopDepth
  }
}

async function withVariables(
  state: ShellState,
  assignments: readonly (readonly [string, string])[],
  body: () => Promise<void>,
): Promise<void> {
  const saved = new Map(assignments.map(([name]) => [name, state.variables.get(name)]))
  for (const [name, value] of assignments) setVariable(state, name, value, true)
  try {
    await body()
  } finally {
    restore(state, saved)
  }
}

function restore(state: ShellState, saved: ReadonlyMap<string, Variable | undefined>): void {
  for (const [name, value] of saved) {
    if (value === undefined) state.variables.delete(name)
    else state.variables.set(name, value)
  }
}

function startOf(process: Process): ProcessStart {
  const { argv, environment, cwd, uid, gid, umask } = process
  return { argv, environment, cwd, uid, gid, umask }
}
