import type { WarmOutcome } from '../pool/pool.js'

/** Why fewer than asked for will be ready. */
export function cutText({ template, asked, possible, max, taken }: WarmOutcome): string {
  const others = taken === 0 ? '' : `, and ${taken} of those are in use or set aside`
  return `Of ${asked} asked for only ${possible} can be ready: template ${template} may have ${max} containers (max)${others}`
}

/** For whoever does not wait. */
export const queuedText = ({ template, queued, current }: WarmOutcome): string =>
  queued === 0
    ? `${current} of template ${template} are ready or on their way already: no more are made`
    : `${queued} more of template ${template} are on their way`
