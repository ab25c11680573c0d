import { CmuxError, isCmuxError } from '../../errors.js'
import type { ServiceContext } from '../../instance/service-context.js'
import { explain } from '../../instance/task-step.js'
import { waitForInstance } from '../../instance/wait.js'
import type { ContainerRef } from '../../pve/client.js'
import { runLogged, type Work } from './work.js'

/** Milliseconds that a container gets for its address, and then for reaching what the recipe needs. */
const PATIENCE = 120_000
const PAUSE = 2000

/**
 * Waits until a container has an address, if it has a network at all, and until the recipe's own probe inside of it succeeds. Errors:
 * `timeout`, which says what is missing.
 */
export async function waitForNetwork(context: ServiceContext, ct: ContainerRef, work: Work): Promise<void> {
  const { options } = await context.client.containers.config(ct)
  if (Object.keys(options).some((key) => /^net\d+$/.test(key))) {
    try {
      await waitForInstance(context, String(ct.vmid), 'ip', Math.min(PATIENCE, work.deadline.remaining()))
    } catch (error) {
      if (!isCmuxError(error, 'timeout')) throw error
      throw explain(error, { hint: `Is there a DHCP server on its bridge? See: cmux-pve instance status ${ct.vmid}` })
    }
  }
  if (work.recipe.network !== undefined) await probe(context, ct, work, work.recipe.network)
}

async function probe(context: ServiceContext, { vmid }: ContainerRef, work: Work, script: string): Promise<void> {
  const { clock, deadline, recipe, signal, subject } = work
  context.onProgress?.(`Wait until ${subject} reaches what recipe ${recipe.name} needs`)
  const end = clock.now() + PATIENCE
  for (;;) {
    const { exitStatus, lines } = await runLogged(work, script, {
      name: 'network',
      title: 'network',
      timeout: PATIENCE,
    })
    if (exitStatus === 0) return
    if (clock.now() >= end || deadline.remaining() === 0) {
      throw new CmuxError('timeout', `${subject} does not reach what recipe ${recipe.name} needs`, {
        hint: `Check its gateway and its DNS: cmux-pve instance exec ${vmid} -- cat /etc/resolv.conf`,
        data: { output: lines },
      })
    }
    await clock.sleep(PAUSE, signal)
  }
}
