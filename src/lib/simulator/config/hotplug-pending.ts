import { type AppliedChanges, deleteOption, type PendingContext, setOption, tidyPending } from './apply-pending.js'
import type { ContainerConfig } from './container-config.js'

// PVE-FACTS 3.5: what a running container takes at once; all the rest waits for the next start.
const ALWAYS_LIVE = new Set('cores description hookscript hostname lock onboot protection startup tags'.split(' '))
const LIVE_WHEN_SET = /^(?:cpulimit|cpuunits|memory|swap|net\d+)$/
const LIVE_WHEN_NEW = /^(?:mp|dev)\d+$/
const LIVE_WHEN_DELETED = /^(?:cpulimit|cpuunits|swap|net\d|unused\d+)$/

/** Applies to a running container what can be applied; `modified` are the options that this change is about. */
export function hotplugPending(
  config: ContainerConfig,
  context: PendingContext,
  modified: ReadonlySet<string>,
): AppliedChanges {
  let applied: AppliedChanges = { config: tidyPending(config), live: [], allocate: [], free: [] }
  for (const option of Object.keys(applied.config.pending.delete).sort()) {
    if (ALWAYS_LIVE.has(option) || (modified.has(option) && LIVE_WHEN_DELETED.test(option))) {
      applied = tookEffect(deleteOption(applied, option), option)
    }
  }
  for (const option of Object.keys(applied.config.pending.set).sort()) {
    const isNew = applied.config.options[option] === undefined
    const isLive = LIVE_WHEN_SET.test(option) || (LIVE_WHEN_NEW.test(option) && isNew)
    if (ALWAYS_LIVE.has(option) || (modified.has(option) && isLive)) {
      applied = tookEffect(setOption(applied, option, context), option)
    }
  }
  return applied
}

function tookEffect(applied: AppliedChanges, option: string): AppliedChanges {
  return { ...applied, live: [...applied.live, option] }
}
