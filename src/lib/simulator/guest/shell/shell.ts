import { FileError } from '../files/file-error.js'
import { absolute, baseName } from '../files/path.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { SyntaxFailure } from './ast.js'
import type { Evaluator } from './builtin.js'
import { shellBuiltins } from './builtins/index.js'
import { takeOptions } from './builtins/variables.js'
import { evaluator, settle } from './evaluate.js'
import { parseScript, parseTyped } from './parser.js'
import { type Descriptor, type Flavour, Leave, ShellFailure, type ShellState, setVariable } from './shell-state.js'

/** A shell: `-c`, a script file, or commands from standard input. */
export function shellProgram(flavour: Flavour): Program {
  const evaluate = evaluator(shellBuiltins(flavour))
  return async (context) => {
    const { options, rest } = shellArguments(context.args)
    if (options.command) {
      const [text, name, ...positional] = rest
      if (text === undefined) {
        await context.err(`${baseName(context.argv[0] ?? 'sh')}: 0: -c requires an argument\n`)
        return 2
      }
      return runWhole(evaluate, newState(flavour, context, name ?? context.argv[0] ?? 'sh', positional, options), text)
    }
    const [path, ...positional] = rest
    if (path === undefined || options.standardInput)
      return runTyped(evaluate, newState(flavour, context, context.argv[0] ?? 'sh', rest, options), context)
    const state = newState(flavour, context, path, positional, options)
    try {
      return await runWhole(evaluate, state, context.files.readText(absolute(path, context.process.cwd)))
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      await context.err(
        `${context.argv[0]}: 0: cannot open ${path}: ${error.code === 'ENOENT' ? 'No such file' : error.message}\n`,
      )
      return error.code === 'ENOENT' ? 127 : 126
    }
  }
}

interface ShellArguments {
  readonly command: boolean
  readonly standardInput: boolean
  readonly login: boolean
  /** Words for `set`. */
  readonly flags: readonly string[]
}

function shellArguments(args: readonly string[]): {
  readonly options: ShellArguments
  readonly rest: readonly string[]
} {
  const flags: string[] = []
  let command = false
  let standardInput = false
  let login = false
  let at = 0
  for (; at < args.length; at++) {
    const word = args[at] ?? ''
    if (word === '--' || word === '-') {
      at++
      break
    }
    if (word.startsWith('--')) {
      login ||= word === '--login'
      continue
    }
    if (!/^[-+]/.test(word)) break
    command ||= word.startsWith('-') && word.includes('c')
    standardInput ||= word.startsWith('-') && word.includes('s')
    login ||= word.startsWith('-') && word.includes('l')
    const letters = word.slice(1).replace(/[csli]/g, '')
    if (letters !== '') flags.push(`${word[0]}${letters}`)
    if (letters.endsWith('o')) {
      at++
      flags.push(args[at] ?? '')
    }
  }
  return { options: { command, standardInput, login, flags }, rest: args.slice(at) }
}

function newState(
  flavour: Flavour,
  context: ProgramContext,
  name: string,
  positional: readonly string[],
  options: ShellArguments,
): ShellState {
  const { process, machine } = context
  const descriptors = new Map<number, Descriptor>([
    [0, { kind: 'input', input: context.stdin }],
    [1, { kind: 'output', output: context.stdout }],
    [2, { kind: 'output', output: context.stderr }],
  ])
  const state: ShellState = {
    machine,
    process,
    name,
    shellPid: process.pid,
    flavour,
    ...(context.tty === undefined ? {} : { tty: context.tty }),
    variables: new Map(Object.entries(process.environment).map(([key, value]) => [key, { value, exported: true }])),
    functions: new Map(),
    options: { errexit: false, nounset: false, xtrace: false, noglob: false, pipefail: false },
    traps: new Map(),
    pendingTraps: [],
    jobs: new Map(),
    locals: [],
    positional,
    descriptors,
    lastStatus: 0,
    substitutionStatus: 0,
    lastBackground: undefined,
    interrupted: false,
    loopDepth: 0,
    tolerant: 0,
    commandCount: 0,
    line: 1,
  }
  setVariable(state, 'IFS', ' \t\n', false)
  setVariable(state, 'PWD', process.cwd)
  setVariable(state, 'OPTIND', '1', false)
  takeOptions(options.flags, state)
  return state
}

/** Runs a whole program, then what was trapped for its end. */
async function runWhole(evaluate: Evaluator, state: ShellState, text: string): Promise<number> {
  await guarded(state, async () => {
    await evaluate.runScript(state, parseScript(text))
  })
  return finish(evaluate, state)
}

/** Reads commands one by one, as they come; with a terminal it asks for them. */
async function runTyped(evaluate: Evaluator, state: ShellState, context: ProgramContext): Promise<number> {
  const prompt = context.tty === undefined ? '' : `root@${state.machine.hostname()}:~# `
  let typed = ''
  let running = false
  const ask = () =>
    context.out(typed === '' ? prompt.replace('~', state.process.cwd === '/root' ? '~' : state.process.cwd) : '> ')
  if (prompt !== '') {
    state.process.handlers.set('INT', () => {
      state.lastStatus = 130
      if (running) {
        state.interrupted = true
        return
      }
      typed = ''
      void ask().catch(() => undefined)
    })
  }
  for (;;) {
    if (prompt !== '') await ask()
    const line = await context.stdin.readLine()
    if (line === undefined && typed === '') break
    typed += line === undefined ? '' : `${line.text}\n`
    const leaving = await guarded(state, async () => {
      const script = line === undefined ? parseScript(typed) : parseTyped(typed)
      if (script === undefined) return
      typed = ''
      running = true
      await evaluate.runScript(state, script)
    })
    running = false
    state.interrupted = false
    if (leaving === 'stop' && prompt === '') break
    if (leaving === 'stop') typed = ''
    if (leaving === 'exit' || line === undefined) break
  }
  return finish(evaluate, state)
}

/** `exit`: the shell was told to end; `stop`: an error ends it unless somebody types. */
async function guarded(state: ShellState, body: () => Promise<void>): Promise<'exit' | 'stop' | undefined> {
  try {
    await body()
    return undefined
  } catch (error) {
    if (error instanceof SyntaxFailure) {
      state.line = error.line
      await settle(state, new ShellFailure(error.message, 2))
      return 'stop'
    }
    await settle(state, error)
    return error instanceof Leave ? 'exit' : 'stop'
  }
}

async function finish(evaluate: Evaluator, state: ShellState): Promise<number> {
  await evaluate.runExitTrap(state)
  return state.lastStatus
}
