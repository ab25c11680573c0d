import { CmuxError, isCmuxError } from '../../errors.js'
import type { ContainerRef } from '../../pve/client.js'
import type { CriuContext } from '../criu-context.js'
import { type Facts, runScript } from './run-script.js'

/** Milliseconds that one who has interrupted waits for a stage that must not be broken off. */
const INTERRUPT_PATIENCE = 6_000

/**
 * Runs a script that changes something on a container's node. It is never broken off: whoever gives up stops waiting for it, and it goes
 * on to its end on the node. Errors: those of the connection, `interrupted`; both say what is going on there and which command tells and
 * recovers.
 */
export async function changeOnNode(
  context: CriuContext,
  ct: ContainerRef,
  doing: string,
  script: string,
  args: readonly string[],
): Promise<Facts> {
  const { signal, clock } = context
  signal?.throwIfAborted()
  const shell = await context.nodeShell(ct.node)
  const hint = `See what became of it: \`cmux-pve criu list ${ct.vmid}\`. \`cmux-pve criu restore ${ct.vmid}\` brings it back, whatever was reached.`
  const finished = new AbortController()
  const interrupted = new Promise<never>((_resolve, reject) => {
    const giveUp = async () => {
      await clock.sleep(INTERRUPT_PATIENCE, finished.signal).catch(() => {})
      reject(interruption(signal?.reason, `Interrupted, but ${doing} goes on on node ${ct.node}`, hint))
    }
    signal?.addEventListener('abort', () => void giveUp(), { once: true, signal: finished.signal })
  })
  try {
    return await Promise.race([runScript(shell, script, args), interrupted])
  } catch (error) {
    if (!isCmuxError(error, 'unavailable')) throw error
    throw new CmuxError('unavailable', `${error.message}. ${capitalised(doing)} goes on there, if it had begun`, {
      hint,
      cause: error,
    })
  } finally {
    finished.abort()
    interrupted.catch(() => {})
  }
}

/** `interrupted` with the exit code of the signal. */
export function interruption(reason: unknown, message: string, hint: string): CmuxError {
  const exitCode = isCmuxError(reason) ? { exitCode: reason.exitCode } : {}
  return new CmuxError('interrupted', message, { hint, cause: reason, ...exitCode })
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
