import { untilYounger } from '../run-state.js'
import type { ActContext } from './act-context.js'

/** Waits until what becomes ready on a node counts as younger than the node's boot: before that it would be taken for a leftover at once. */
export async function afterBoot({ view, clock, signal }: ActContext, node: string): Promise<void> {
  const pause = untilYounger(view.bootOf(node), clock.now())
  if (pause > 0) await clock.sleep(pause, signal)
}
