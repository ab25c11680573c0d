import { emptyInput, type Input } from '../machine/input.js'
import type { Machine } from '../machine/machine.js'
import { discard, type Output } from '../machine/output.js'
import type { Process } from '../machine/process.js'
import type { ControllingTerminal, Streams } from '../machine/program.js'
import type { Command } from './ast.js'

/** What a descriptor number stands for. */
export type Descriptor =
  | { readonly kind: 'input'; readonly input: Input }
  | { readonly kind: 'output'; readonly output: Output; readonly path?: string }

export type Descriptors = ReadonlyMap<number, Descriptor>

export interface Variable {
  readonly value: string
  readonly exported: boolean
  readonly readonly?: boolean
}

export interface ShellOptions {
  errexit: boolean
  nounset: boolean
  xtrace: boolean
  noglob: boolean
  pipefail: boolean
}

export type Flavour = 'dash' | 'bash' | 'ash'

/** Everything a running shell knows. A subshell works on a copy. */
export interface ShellState {
  readonly machine: Machine
  readonly process: Process
  /** `$0`. */
  readonly name: string
  /** `$$`: the pid of the first shell, in subshells too. */
  readonly shellPid: number
  /** Whose habits it has: what echo does with backslashes, whether braces expand, how messages look. */
  readonly flavour: Flavour
  readonly tty?: ControllingTerminal
  readonly variables: Map<string, Variable>
  readonly functions: Map<string, Command>
  readonly options: ShellOptions
  /** Commands for `EXIT` and signals. */
  readonly traps: Map<string, string>
  /** Signals that came while a command ran and whose trap is still to run. */
  readonly pendingTraps: string[]
  /** Background commands not yet waited for, by pid. */
  readonly jobs: Map<number, Promise<number>>
  /** One map per function call that has `local` variables: what they were before. */
  readonly locals: Map<string, Variable | undefined>[]
  positional: readonly string[]
  descriptors: Descriptors
  lastStatus: number
  /** Of the last `$(…)` in the command that is being expanded: the status of a command that is only assignments. */
  substitutionStatus: number
  lastBackground: number | undefined
  /** Ctrl-C came while commands ran that somebody had typed: what is left of them is not wanted any more. */
  interrupted: boolean
  loopDepth: number
  /** Inside a condition, where a failure does not end a `set -e` shell. */
  tolerant: number
  commandCount: number
  /** Line of the command that runs, for messages. */
  line: number
}

/** A copy for `( … )`, `$( … )` and the parts of a pipeline. */
export function subshell(state: ShellState, process: Process, descriptors: Descriptors): ShellState {
  return {
    ...state,
    process,
    descriptors,
    variables: new Map(state.variables),
    functions: new Map(state.functions),
    options: { ...state.options },
    traps: new Map(),
    pendingTraps: [],
    jobs: new Map(),
    locals: state.locals.map((names) => new Map(names)),
  }
}

export function variable(state: ShellState, name: string): string | undefined {
  return state.variables.get(name)?.value
}

export function setVariable(state: ShellState, name: string, value: string, exported?: boolean): void {
  const before = state.variables.get(name)
  if (before?.readonly === true) throw new ShellFailure(`${name}: is read only`, 2)
  state.variables.set(name, { value, exported: exported ?? before?.exported ?? false })
}

/** The environment that commands get. */
export function environmentOf(state: ShellState): Record<string, string> {
  const environment: Record<string, string> = {}
  for (const [name, { value, exported }] of state.variables) if (exported) environment[name] = value
  return environment
}

/** An error that ends a shell that is not interactive: `sh: 1: message`. */
export class ShellFailure extends Error {
  override readonly name = 'ShellFailure'
  readonly status: number

  constructor(message: string, status: number) {
    super(message)
    this.status = status
  }
}

/** Ctrl-C on its way to the prompt. */
export class Interrupted extends ShellFailure {
  constructor() {
    super('', 130)
  }
}

/** `break`, `continue`, `return` and `exit` on their way to where they lead. */
export class Leave extends Error {
  override readonly name = 'Leave'
  readonly how: 'break' | 'continue' | 'return' | 'exit'
  readonly count: number

  constructor(how: 'break' | 'continue' | 'return' | 'exit', count: number) {
    super(how)
    this.how = how
    this.count = count
  }
}

/** The descriptors as the three streams of a program. */
export function streamsOf(state: ShellState, descriptors: Descriptors = state.descriptors): Streams {
  const stdin = descriptors.get(0)
  const stdout = descriptors.get(1)
  const stderr = descriptors.get(2)
  const opened = [...descriptors].flatMap(([number, descriptor]) =>
    descriptor.kind === 'output' && descriptor.path !== undefined ? [[number, descriptor.path] as const] : [],
  )
  return {
    stdin: stdin?.kind === 'input' ? stdin.input : emptyInput(),
    stdout: stdout?.kind === 'output' ? stdout.output : discard,
    stderr: stderr?.kind === 'output' ? stderr.output : discard,
    ...(state.tty === undefined ? {} : { tty: state.tty }),
    ...(opened.length === 0 ? {} : { opened: new Map(opened) }),
  }
}

/** How this shell begins its messages: `sh: 1: ` or `bash: line 1: `. */
export function complaint(state: ShellState, message: string): string {
  const where = { dash: `${state.line}: `, bash: `line ${state.line}: `, ash: '' }[state.flavour]
  return `${state.name}: ${where}${message}\n`
}
