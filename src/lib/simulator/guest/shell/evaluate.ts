import { setImmediate as nextTurn } from 'node:timers/promises'
import { launch, runProgram, statusOfError, untilKilled } from '../machine/execute.js'
import { Collected } from '../machine/output.js'
import { pipe } from '../machine/pipe.js'
import type { Process, ProcessStart } from '../machine/process.js'
import type { AndOr, Command, Compound, Pipeline, Redirection, Script } from './ast.js'
import type { BuiltinTable, Evaluator } from './builtin.js'
import { conditionHolds } from './condition.js'
import { expandPattern, expandText, expandWords } from './expand.js'
import { matchesPattern } from './pattern.js'
import { redirected } from './redirect.js'
import {
  complaint,
  type Descriptors,
  environmentOf,
  Leave,
  ShellFailure,
  type ShellState,
  setVariable,
  streamsOf,
  subshell,
  type Variable,
} from './shell-state.js'

/** Commands between two turns of the event loop: a busy loop in a container must not stop the others. */
const TURN = 100

/** Runs parsed commands in a shell's state. */
export function evaluator(builtins: BuiltinTable): Evaluator {
  const self: Evaluator = { runScript, invoke, runExitTrap }
  return self

  async function runScript(state: ShellState, script: Script): Promise<number> {
    for (const item of script) {
      if (item.background) startInBackground(state, item)
      else await runAndOr(state, item)
    }
    return state.lastStatus
  }

  async function runAndOr(state: ShellState, { first, rest }: AndOr): Promise<void> {
    const pipelines = [{ operator: undefined, pipeline: first }, ...rest]
    for (const [index, { operator, pipeline }] of pipelines.entries()) {
      if (operator === '&&' && state.lastStatus !== 0) continue
      if (operator === '||' && state.lastStatus === 0) continue
      const last = index === pipelines.length - 1
      if (last && !pipeline.negated) {
        await runPipeline(state, pipeline)
        if (state.lastStatus !== 0 && state.options.errexit && state.tolerant === 0)
          throw new Leave('exit', state.lastStatus)
      } else await tolerating(state, () => runPipeline(state, pipeline))
    }
  }

  async function runPipeline(state: ShellState, { negated, commands }: Pipeline): Promise<void> {
    const [only] = commands
    if (only !== undefined && commands.length === 1) await runCommand(state, only)
    else state.lastStatus = await runStages(state, commands)
    if (negated) state.lastStatus = state.lastStatus === 0 ? 1 : 0
  }

  async function runStages(state: ShellState, commands: readonly Command[]): Promise<number> {
    const running: Promise<number>[] = []
    let descriptors: Descriptors = state.descriptors
    for (const [index, command] of commands.entries()) {
      const mine = new Map(descriptors)
      const reading = index > 0 ? descriptors.get(0) : undefined
      const next = index < commands.length - 1 ? pipe() : undefined
      if (next !== undefined) {
        mine.set(1, { kind: 'output', output: next.output })
        descriptors = new Map(state.descriptors).set(0, { kind: 'input', input: next.input })
      }
      running.push(
        inSubshell(state, mine, (inner) => runCommand(inner, command)).finally(() => {
          next?.output.close()
          if (reading?.kind === 'input') reading.input.close()
        }),
      )
    }
    const statuses = await Promise.all(running)
    const failed = state.options.pipefail ? statuses.findLast((status) => status !== 0) : undefined
    return failed ?? statuses.at(-1) ?? 0
  }

  /** Runs `body` in a copy of the shell that is a process of its own. */
  async function inSubshell(
    state: ShellState,
    descriptors: Descriptors,
    body: (inner: ShellState) => Promise<void>,
    child = childOf(state),
  ): Promise<number> {
    const inner = subshell(state, child, descriptors)
    try {
      return await untilKilled(child, async () => {
        try {
          await body(inner)
        } catch (error) {
          await settle(inner, error)
        }
        await runExitTrap(inner)
        return inner.lastStatus
      })
    } catch (error) {
      return statusOfError(error, child)
    } finally {
      state.machine.processes.remove(child)
    }
  }

  function childOf(state: ShellState): Process {
    const { process } = state
    const child = state.machine.processes.create(process, process)
    for (const [signal, handler] of process.handlers) if (handler === undefined) child.handlers.set(signal, undefined)
    return child
  }

  function startInBackground(state: ShellState, item: AndOr): void {
    const descriptors = new Map(state.descriptors)
    if (state.tty === undefined) descriptors.delete(0)
    const child = childOf(state)
    state.jobs.set(
      child.pid,
      inSubshell(state, descriptors, (inner) => runAndOr(inner, item), child),
    )
    state.lastBackground = child.pid
    state.lastStatus = 0
  }

  async function runCommand(state: ShellState, command: Command): Promise<void> {
    state.process.signal.throwIfAborted()
    state.commandCount++
    if (state.commandCount % TURN === 0) await nextTurn()
    await runPendingTraps(state)
    if (command.kind === 'function') {
      state.functions.set(command.name, command.body)
      state.lastStatus = 0
    } else if (command.kind === 'simple') await runSimple(state, command)
    else {
      await withDescriptors(state, command.redirections, () => runCompound(state, command.body))
    }
    await runPendingTraps(state)
  }

  async function withDescriptors(
    state: ShellState,
    redirections: readonly Redirection[],
    body: () => Promise<void>,
  ): Promise<void> {
    const before = state.descriptors
    try {
      state.descriptors = await openAll(state, redirections)
    } catch (error) {
      if (!(error instanceof ShellFailure)) throw error
      await streamsOf(state).stderr.write(Buffer.from(complaint(state, error.message)))
      state.lastStatus = error.status
      return
    }
    try {
      await body()
    } finally {
      state.descriptors = before
    }
  }

  function openAll(state: ShellState, redirections: readonly Redirection[]): Promise<Descriptors> {
    return redirected(state.descriptors, redirections, state, ({ target }) =>
      expandText(target, state, (script) => substitute(state, script)),
    )
  }

  async function runCompound(state: ShellState, body: Compound): Promise<void> {
    switch (body.kind) {
      case 'group':
        await runBlock(state, body.body)
        return
      case 'subshell':
        state.lastStatus = await inSubshell(state, state.descriptors, (inner) => runBlock(inner, body.body))
        return
      case 'if':
        for (const branch of body.branches) {
          await tolerating(state, () => runBlock(state, branch.condition))
          if (state.lastStatus === 0) return runBlock(state, branch.body)
        }
        state.lastStatus = 0
        if (body.otherwise !== undefined) await runBlock(state, body.otherwise)
        return
      case 'loop':
        return runLoop(
          state,
          async () => {
            await tolerating(state, () => runBlock(state, body.condition))
            return (state.lastStatus === 0) !== body.until
          },
          body.body,
        )
      case 'for': {
        const words =
          body.words === undefined
            ? [...state.positional]
            : await expandWords(body.words, state, (script) => substitute(state, script))
        const remaining = words.values()
        return runLoop(
          state,
          async () => {
            const next = remaining.next()
            if (next.done !== true) setVariable(state, body.name, next.value)
            return next.done !== true
          },
          body.body,
        )
      }
      case 'case': {
        const text = await expandText(body.word, state, (script) => substitute(state, script))
        state.lastStatus = 0
        for (const item of body.items) {
          for (const pattern of item.patterns) {
            if (!matchesPattern(text, await expandPattern(pattern, state, (script) => substitute(state, script))))
              continue
            return runBlock(state, item.body)
          }
        }
        return
      }
      case 'condition': {
        const words = await Promise.all(
          body.words.map((word) => expandPattern(word, state, (script) => substitute(state, script))),
        )
        state.lastStatus = conditionHolds(words, state) ? 0 : 1
        if (state.lastStatus !== 0 && state.options.errexit && state.tolerant === 0) throw new Leave('exit', 1)
      }
    }
  }

  async function runBlock(state: ShellState, script: Script): Promise<void> {
    if (script.length > 0) await runScript(state, script)
    else state.lastStatus = 0
  }

  async function runLoop(state: ShellState, more: () => Promise<boolean>, body: Script): Promise<void> {
    let status = 0
    state.loopDepth++
    try {
      while (await more()) {
        try {
          await runBlock(state, body)
        } catch (error) {
          if (!(error instanceof Leave) || (error.how !== 'break' && error.how !== 'continue')) throw error
          if (error.count > 1 && state.loopDepth > 1) throw new Leave(error.how, error.count - 1)
          state.lastStatus = 0
          if (error.how === 'break') {
            status = 0
            break
          }
        }
        status = state.lastStatus
      }
    } finally {
      state.loopDepth--
    }
    state.lastStatus = status
  }

  async function tolerating(state: ShellState, body: () => Promise<void>): Promise<void> {
    state.tolerant++
    try {
      await body()
    } finally {
      state.tolerant--
    }
  }

  async function substitute(state: ShellState, script: Script): Promise<string> {
    const collected = new Collected()
    const descriptors = new Map(state.descriptors).set(1, { kind: 'output', output: collected })
    state.substitutionStatus = await inSubshell(state, descriptors, (inner) => runBlock(inner, script))
    return collected.bytes().toString('utf8').replaceAll('\0', '')
  }

  async function runSimple(state: ShellState, command: Extract<Command, { kind: 'simple' }>): Promise<void> {
    state.line = command.line
    state.substitutionStatus = 0
    const argv = await expandWords(command.words, state, (script) => substitute(state, script))
    const assignments: [string, string][] = []
    for (const { name, value, append } of command.assignments) {
      const text = await expandText(value, state, (script) => substitute(state, script))
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
      state.descriptors = await openAll(state, command.redirections)
      if (argv.length === 1) {
        state.lastStatus = 0
        return
      }
    }
    await withDescriptors(state, argv[0] === 'exec' ? [] : command.redirections, async () => {
      if (argv.length > 0)
        await withVariables(state, assignments, async () => {
          state.lastStatus = await invoke(state, argv)
        })
    })
  }

  async function trace(state: ShellState, words: readonly string[]): Promise<void> {
    const prompt = state.variables.get('PS4')?.value ?? '+ '
    await streamsOf(state).stderr.write(Buffer.from(`${prompt}${words.join(' ')}\n`))
  }

  /** Runs a command line: a function, a builtin, or a program. */
  async function invoke(
    state: ShellState,
    argv: readonly string[],
    options: { readonly functions?: boolean } = {},
  ): Promise<number> {
    const name = argv[0] ?? ''
    const body = options.functions === false ? undefined : state.functions.get(name)
    if (body !== undefined) return callFunction(state, body, argv.slice(1))
    const builtin = builtins.get(name)
    const streams = streamsOf(state)
    if (builtin !== undefined) {
      return builtin({
        state,
        argv,
        args: argv.slice(1),
        streams,
        evaluator: self,
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

  async function callFunction(state: ShellState, body: Command, args: readonly string[]): Promise<number> {
    const { positional, loopDepth } = state
    const saved = new Map<string, Variable | undefined>()
    state.positional = args
    state.loopDepth = 0
    state.locals.push(saved)
    try {
      await runCommand(state, body)
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

  async function runPendingTraps(state: ShellState): Promise<void> {
    for (const name of state.pendingTraps.splice(0)) {
      const { lastStatus } = state
      await invoke(state, ['eval', state.traps.get(name) ?? ''])
      state.lastStatus = lastStatus
    }
  }

  async function runExitTrap(state: ShellState): Promise<void> {
    const command = state.traps.get('EXIT')
    if (command === undefined) return
    state.traps.delete('EXIT')
    const { lastStatus } = state
    try {
      await invoke(state, ['eval', command])
      state.lastStatus = lastStatus
    } catch (error) {
      await settle(state, error)
    }
  }
}

/** What an error that reached the end of a shell means for its status. Messages go to its stderr. */
export async function settle(state: ShellState, error: unknown): Promise<void> {
  if (error instanceof Leave) {
    if (error.how === 'exit' || error.how === 'return') state.lastStatus = error.count
    return
  }
  if (!(error instanceof ShellFailure)) throw error
  await streamsOf(state).stderr.write(Buffer.from(complaint(state, error.message)))
  state.lastStatus = error.status
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
