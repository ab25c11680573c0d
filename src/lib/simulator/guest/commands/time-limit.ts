import type { ProgramContext } from '../machine/program.js'
import type { SignalName } from '../machine/signals.js'

/** Runs a command and sends it and its children a signal when `ms` have passed. */
export async function killedAfter(
  context: ProgramContext,
  ms: number,
  signal: SignalName,
  command: readonly string[],
): Promise<{ readonly result: number; readonly over: boolean }> {
  const { machine, process } = context
  const finished = new AbortController()
  let over = false
  const limit = machine.clock.sleep(ms, finished.signal).then(
    () => {
      over = true
      for (const child of machine.processes.list())
        if (child.parent === process) machine.processes.killTree(child, signal)
    },
    () => undefined,
  )
  try {
    return { result: await context.run(command), over }
  } finally {
    finished.abort()
    await limit
  }
}
