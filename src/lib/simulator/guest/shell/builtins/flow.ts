import { absolute } from '../../files/path.js'
import { findProgram } from '../../machine/program.js'
import { parseSignal } from '../../machine/signals.js'
import { SyntaxFailure } from '../ast.js'
import type { Builtin, BuiltinContext } from '../builtin.js'
import { parseScript } from '../parser.js'
import { Leave, ShellFailure, type ShellState, variable } from '../shell-state.js'

/** Builtins that decide what runs next. */
export const FLOW: Readonly<Record<string, Builtin>> = {
  ':': () => 0,
  break: (context) => leaveLoop(context, 'break'),
  continue: (context) => leaveLoop(context, 'continue'),
  return: ({ state, args }) => {
    throw new Leave('return', statusArgument(args[0], state))
  },
  exit: ({ state, args }) => {
    throw new Leave('exit', statusArgument(args[0], state))
  },
  eval: (context) => runText(context, context.args.join(' ')),
  '.': source,
  source,
  exec: async ({ state, args, evaluator }) => {
    throw new Leave('exit', await evaluator.invoke(state, args, { functions: false }))
  },
  command,
  type: typeOf,
  builtin: ({ state, args, evaluator }) => evaluator.invoke(state, args, { functions: false }),
  trap,
  wait: waitFor,
  jobs: () => 0,
  disown: () => 0,
  hash: () => 0,
  alias: () => 0,
  unalias: () => 0,
  ulimit: async ({ out }) => {
    await out('unlimited\n')
    return 0
  },
}

function leaveLoop({ state, args }: BuiltinContext, how: 'break' | 'continue'): number {
  if (state.loopDepth === 0) return 0
  throw new Leave(how, Math.max(1, Number(args[0] ?? 1)))
}

function statusArgument(text: string | undefined, state: ShellState): number {
  if (text === undefined) return state.lastStatus
  if (!/^\d+$/.test(text)) throw new ShellFailure(`Illegal number: ${text}`, 2)
  return Number(text) & 255
}

async function runText({ state, evaluator }: BuiltinContext, text: string): Promise<number> {
  try {
    const script = parseScript(text)
    return script.length === 0 ? 0 : await evaluator.runScript(state, script)
  } catch (error) {
    if (error instanceof SyntaxFailure) throw new ShellFailure(error.message, 2)
    throw error
  }
}

async function source(context: BuiltinContext): Promise<number> {
  const { state, args } = context
  const name = args[0] ?? ''
  const files = state.machine.files.as(state.process)
  const path = name.includes('/')
    ? absolute(name, state.process.cwd)
    : findProgram(files, name, variable(state, 'PATH'), state.process.cwd)
  if (path === undefined || !files.exists(path)) {
    throw new ShellFailure(
      state.flavour === 'bash' ? `${name}: No such file or directory` : `.: cannot open ${name}: No such file`,
      state.flavour === 'bash' ? 1 : 2,
    )
  }
  const { positional } = state
  if (args.length > 1) state.positional = args.slice(1)
  try {
    return await runText(context, files.readText(path))
  } catch (error) {
    if (error instanceof Leave && error.how === 'return') return error.count
    throw error
  } finally {
    state.positional = positional
  }
}

async function command(context: BuiltinContext): Promise<number> {
  const { state, args, evaluator, out } = context
  const [option, ...names] = args
  if (option !== '-v' && option !== '-V')
    return evaluator.invoke(state, option === '-p' ? names : args, { functions: false })
  let status = 0
  for (const name of names) {
    const found = whatIs(name, state)
    if (found === undefined) {
      status = 127
      if (option === '-V') await out(`${name}: not found\n`)
    } else await out(option === '-v' ? `${found.shown}\n` : `${name} is ${found.description}\n`)
  }
  return status
}

async function typeOf({ state, args, out }: BuiltinContext): Promise<number> {
  let status = 0
  for (const name of args) {
    const found = whatIs(name, state)
    await out(`${name}${found === undefined ? ': not found' : ` is ${found.description}`}\n`)
    if (found === undefined) status = 127
  }
  return status
}

/** Names that the shell knows itself; the rest of the table is in index.ts, which knows this file. */
const PROGRAMS_OF_THE_SHELL = ['echo', 'printf', 'test', '[', 'true', 'false', 'pwd', 'kill']
const VARIABLE_BUILTINS = [
  'export',
  'readonly',
  'unset',
  'set',
  'shift',
  'local',
  'read',
  'getopts',
  'cd',
  'umask',
  'shopt',
]
const KEYWORDS = [
  'if',
  'then',
  'else',
  'elif',
  'fi',
  'do',
  'done',
  'case',
  'esac',
  'while',
  'until',
  'for',
  '{',
  '}',
  '!',
  'in',
]

function whatIs(name: string, state: ShellState): { readonly shown: string; readonly description: string } | undefined {
  if (KEYWORDS.includes(name)) return { shown: name, description: 'a shell keyword' }
  if (state.functions.has(name)) return { shown: name, description: 'a shell function' }
  if (Object.hasOwn(FLOW, name) || PROGRAMS_OF_THE_SHELL.includes(name) || VARIABLE_BUILTINS.includes(name)) {
    return { shown: name, description: 'a shell builtin' }
  }
  const files = state.machine.files.as(state.process)
  const path = findProgram(files, name, variable(state, 'PATH'), state.process.cwd)
  const node = path === undefined ? undefined : files.find(path)
  if (path === undefined || node?.kind !== 'file' || !files.may(node, 1)) return undefined
  const shown = name.includes('/') ? name : path
  return { shown, description: shown }
}

function trap({ state, args }: BuiltinContext): number {
  const [first, ...rest] = args
  if (first === undefined) return 0
  const reset = first === '-' || rest.length === 0
  for (const name of reset && first !== '-' ? args : rest) {
    const signal = name === '0' || name === 'EXIT' ? 'EXIT' : parseSignal(name)
    if (signal === undefined) throw new ShellFailure(`trap: ${name}: bad trap`, 1)
    if (reset) state.traps.delete(signal)
    else state.traps.set(signal, first)
    if (signal === 'EXIT') continue
    if (reset) state.process.handlers.delete(signal)
    else state.process.handlers.set(signal, first === '' ? undefined : () => state.pendingTraps.push(signal))
  }
  return 0
}

async function waitFor({ state, args }: BuiltinContext): Promise<number> {
  const pids = args.length === 0 ? [...state.jobs.keys()] : args.map(Number)
  let status = 0
  for (const pid of pids) {
    const job = state.jobs.get(pid)
    status = job === undefined ? 127 : await job
    state.jobs.delete(pid)
  }
  return args.length === 0 ? 0 : status
}
