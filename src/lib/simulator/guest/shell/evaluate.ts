import { setImmediate as nextTurn } from 'node:timers/promises'
import { statusOfError, untilKilled } from '../machine/execute.js'
import { Collected } from '../machine/output.js'
import { pipe } from '../machine/pipe.js'
import type { Process } from '../machine/process.js'
import type { AndOr, Command, Pipeline, Script } from './ast.js'
import type { BuiltinTable, Evaluator } from './builtin.js'
import { runBlock, runCompound, tolerating } from './compound.js'
import { withDescriptors } from './descriptors.js'
import type { Engine } from './engine.js'
import {
  complaint,
  type Descriptors,
  Interrupted,
  Leave,
  ShellFailure,
  type ShellState,
  streamsOf,
  subshell,
} from './shell-state.js'
import { invoke, runSimple } from './simple-command.js'

/** Commands between two turns of the event loop: a busy loop in a container must not stop the others. */
const TURN = 100

/** Runs parsed commands in a shell's state. */
export function evaluator(builtins: BuiltinTable): Evaluator {
  const engine: Engine = {
    runScript,
    runCommand,
    runExitTrap,
    inSubshell,
    substitute,
    invoke: (state, argv, options) => invoke(engine, builtins, state, argv, options),
  }
  return engine

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
    const child = state.machine.processes.create(process, { ...process, attached: false })
    for (const [signal, handler] of process.handlers) if (handler === undefined) child.handlers.set(signal, undefined)
    return child
  }

  function startInBackground(state: ShellState, item: AndOr): void {
    const descriptors = new Map(state.descriptors)
    if (state.tty === undefined) descriptors.delete(0)
    const child = childOf(state)
    // Ctrl-C is for what runs in the foreground.
    child.handlers.set('INT', undefined)
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
    } else if (command.kind === 'simple') await runSimple(engine, state, command)
    else {
      await withDescriptors(engine, state, command.redirections, () => runCompound(engine, state, command.body))
    }
    await runPendingTraps(state)
  }

  async function substitute(state: ShellState, script: Script): Promise<string> {
    const collected = new Collected()
    const descriptors = new Map(state.descriptors).set(1, { kind: 'output', output: collected })
    state.substitutionStatus = await inSubshell(state, descriptors, (inner) => runBlock(engine, inner, script))
    return collected.bytes().toString('utf8').replaceAll('\0', '')
  }

  async function runPendingTraps(state: ShellState): Promise<void> {
    if (state.interrupted) throw new Interrupted()
    for (const name of state.pendingTraps.splice(0)) {
      const { lastStatus } = state
      await engine.invoke(state, ['eval', state.traps.get(name) ?? ''])
      state.lastStatus = lastStatus
    }
  }

  async function runExitTrap(state: ShellState): Promise<void> {
    const command = state.traps.get('EXIT')
    if (command === undefined) return
    state.traps.delete('EXIT')
    const { lastStatus } = state
    try {
      await engine.invoke(state, ['eval', command])
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
  if (error instanceof Interrupted) {
    state.lastStatus = error.status
    return
  }
  if (!(error instanceof ShellFailure)) throw error
  await streamsOf(state).stderr.write(Buffer.from(complaint(state, error.message)))
  state.lastStatus = error.status
}
