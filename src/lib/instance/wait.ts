import { CmuxError } from '../errors.js'
import { reachableAddresses } from '../pve/reachable-addresses.js'
import { describe, findInstance } from './find.js'
import { deadlineIn, type ServiceContext } from './service-context.js'
import type { InstanceStatus } from './status.js'

export type WaitGoal = 'running' | 'stopped' | 'ip'

export interface WaitOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly status: 'running' | 'stopped'
  readonly addresses: InstanceStatus['addresses']
}

/** Milliseconds between two looks: at first, and at most. */
const FIRST_LOOK = 100
const LAST_LOOK = 1000

/** Looks at a container until it is what the caller waits for. `timeout` in milliseconds; the error says what it was last. */
export async function waitForInstance(
  context: ServiceContext,
  reference: string,
  goal: WaitGoal,
  timeout: number,
): Promise<WaitOutcome> {
  const { client, clock, signal } = context
  const deadline = deadlineIn(clock, timeout)
  const ct = await findInstance(context, reference)
  for (let pause = FIRST_LOOK; ; pause = Math.min(LAST_LOOK, pause * 1.5)) {
    const { status } = await client.containers.status(ct)
    const addresses = status === 'running' ? reachableAddresses((await client.containers.interfaces(ct)) ?? []) : []
    if (goal === 'ip' ? addresses.length > 0 : status === goal) {
      return { vmid: ct.vmid, name: ct.name, node: ct.node, status, addresses }
    }
    if (deadline.remaining() === 0) {
      const wanted = goal === 'ip' ? 'has no address' : `is not ${goal}`
      throw new CmuxError('timeout', `${describe(ct)} ${wanted} after ${timeout / 1000} s: it is ${status}`, {
        ...(goal === 'ip' && status === 'stopped' && { hint: `Start it: cmux-pve instance start ${ct.vmid}` }),
      })
    }
    context.onProgress?.(`Wait for ${describe(ct)}: it is ${status}`)
    await clock.sleep(Math.min(pause, deadline.remaining()), signal)
  }
}
