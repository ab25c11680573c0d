import { after } from '../clock.js'
import type { ContainerAddress } from '../pve/client.js'
import type { CriuContext } from './criu-context.js'
import { listCheckpoints } from './store.js'

/** Milliseconds that a deletion may be held up by it at most: what is looked for is worth a sentence, not a wait. */
const PATIENCE = 5_000

/**
 * Names of the checkpoints that a node holds of a container, so that its deletion can say what stays. Begin it beside the deletion: it never fails, and
 * finds nothing where the node cannot be looked at in time.
 */
export async function keptOnNode(
  context: Pick<CriuContext, 'clock' | 'nodeShell'>,
  { vmid, node }: ContainerAddress,
): Promise<readonly string[]> {
  const limit = new AbortController()
  const inTime = after(context.clock, PATIENCE, () => limit.abort())
  try {
    const shell = await context.nodeShell(node)
    return (await listCheckpoints(shell, node, vmid, limit.signal)).map(({ name }) => name)
  } catch {
    return []
  } finally {
    inTime()
  }
}
