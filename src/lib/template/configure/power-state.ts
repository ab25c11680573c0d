import { isCmuxError } from '../../errors.js'
import { describe } from '../../instance/find.js'
import { startInstance, stopInstance } from '../../instance/power.js'
import type { Deadline, ServiceContext } from '../../instance/service-context.js'
import type { ContainerRef, PveClient } from '../../pve/client.js'

export interface Aftermath {
  /** Lends a client that works after an interruption, too. */
  readonly afterwards: (work: (client: PveClient) => Promise<void>) => Promise<void>
}

/** Milliseconds that a container gets to shut down again even when the time of the operation is over. */
const SHUTDOWN = 130_000

/**
 * Does something with a running container and leaves it in the power state that it was found in. `booted` says that it had to be
 * started. A container that cannot be stopped again is a warning: what was wanted is done, or its own error is more to the point.
 */
export async function whileRunning<T>(
  context: ServiceContext & Aftermath,
  ct: ContainerRef,
  deadline: Deadline,
  work: (state: { readonly booted: boolean }) => Promise<T>,
): Promise<T> {
  const reference = String(ct.vmid)
  const booted = (await context.client.containers.status(ct)).status === 'stopped'
  if (!booted) return work({ booted })
  try {
    await startInstance(context, reference, { wait: true, timeout: deadline.remaining() })
    return await work({ booted })
  } finally {
    try {
      if (context.signal?.aborted) await shutDownLater(context, ct)
      else {
        const timeout = Math.max(SHUTDOWN, deadline.remaining())
        await stopInstance(context, reference, { wait: true, force: false, timeout })
      }
    } catch (error) {
      context.onWarning?.(
        `${describe(ct)} was stopped before and could not be stopped again: ${isCmuxError(error) ? error.message : String(error)}`,
      )
    }
  }
}

/** Nobody waits any more: the task goes on by itself. */
async function shutDownLater(context: ServiceContext & Aftermath, ct: ContainerRef): Promise<void> {
  await context.afterwards(async (client) => {
    if ((await client.containers.status(ct)).status === 'stopped') return
    await client.containers.shutdown(ct, { timeout: 60, forceStop: true })
    context.onWarning?.(`${describe(ct)} was stopped before and is being shut down again`)
  })
}
