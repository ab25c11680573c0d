import { untilYounger } from '../run-state.js'
import type { ActContext } from './act-context.js'

/**
 * Waits until what becomes ready on a node counts as younger than the node's boot: before that it would be taken for a leftover at once, and made ready
 * again and again. The node is asked too, as lists tell a boot up to 10 s too late (PVE-FACTS 5); when it does not answer, what comes next says why.
 */
export async function afterBoot(
  { view, boots, clock, signal }: Pick<ActContext, 'view' | 'boots' | 'clock' | 'signal'>,
  node: string,
): Promise<void> {
  const asked = await boots.bootedAt(node).catch(() => undefined)
  const pause = Math.max(...[asked, view.bootOf(node)].map((bootedAt) => untilYounger(bootedAt, clock.now())))
  if (pause > 0) await clock.sleep(pause, signal)
}
