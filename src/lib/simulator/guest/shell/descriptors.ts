import type { Redirection } from './ast.js'
import type { Engine } from './engine.js'
import { expandText } from './expand.js'
import { redirected } from './redirect.js'
import { complaint, type Descriptors, ShellFailure, type ShellState, streamsOf } from './shell-state.js'

/** Runs `body` with redirections in place. A file that cannot be opened is a message and the command's failure. */
export async function withDescriptors(
  engine: Engine,
  state: ShellState,
  redirections: readonly Redirection[],
  body: () => Promise<void>,
): Promise<void> {
  const before = state.descriptors
  try {
    state.descriptors = await openAll(engine, state, redirections)
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

/** The descriptors after redirections. Throws ShellFailure. */
export function openAll(engine: Engine, state: ShellState, redirections: readonly Redirection[]): Promise<Descriptors> {
  return redirected(state.descriptors, redirections, state, ({ target }) =>
    expandText(target, state, (script) => engine.substitute(state, script)),
  )
}
