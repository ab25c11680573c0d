import { CmuxError } from '../../errors.js'
import type { Vmid } from '../../pve/client.js'
import { hindered } from '../hindrance.js'
import type { Member } from '../member.js'
import type { Outlook } from '../supply.js'

/** What a refusal says for programs: whole seconds after which another try makes sense. */
export interface RetryAdvice {
  readonly retryAfter: number
}

/** Where a newcomer stands. */
export interface Standing {
  readonly outlook: Outlook
  /** How many are served before. */
  readonly ahead: number
  /** There is one for whoever comes now. */
  readonly isReady?: boolean
  /** Milliseconds until the first lease ends, if one does. */
  readonly nextExpiry?: number
}

/** A fill's time in milliseconds before one was measured. */
const UNMEASURED = 30_000
const LONGEST = 600
/** Seconds. */
const WHILE_HELD_UP = 10
/** Seconds. */
const WHILE_STARTING = 5

/** Whole seconds, from the time that fills took lately: when those ahead have been served, and one more. Pure. */
function retryAfter({ outlook, ahead, isReady, nextExpiry }: Standing): number {
  if (isReady) return 1
  const { coming, room, width, fillTime = UNMEASURED } = outlook
  const mayCome = outlook.breaker === 'closed' && coming + room > 0
  const milliseconds = mayCome
    ? Math.ceil((ahead + 1) / Math.max(1, width)) * fillTime
    : (nextExpiry ?? UNMEASURED) + (nextExpiry === undefined ? 0 : fillTime)
  return Math.min(LONGEST, Math.max(1, Math.ceil(milliseconds / 1000)))
}

/** How many more can come, as far as is known: those on their way, and those that may still be made. Pure. */
export const hopes = ({ coming, room, breaker }: Outlook): number =>
  coming + (breaker === 'closed' ? Math.max(0, room) : 0)

export const draining = (template?: Vmid): CmuxError =>
  new CmuxError(
    'draining',
    template === undefined
      ? 'the pool is draining: it hands nothing out'
      : `template ${template} is draining: nothing is handed out`,
    { hint: 'Ask another daemon of the pool, or this one again after `cmux-pve pool resume`.' },
  )

export function exhausted(template: Vmid, standing: Standing): CmuxError {
  const advice: RetryAdvice = { retryAfter: retryAfter(standing) }
  const { hindrance, delay } = standing.outlook
  if (hindrance !== undefined) return hindered(hindrance, advice)
  if (delay !== undefined) return hindered(delay, { retryAfter: WHILE_HELD_UP })
  const why =
    standing.outlook.breaker === 'open'
      ? 'none is ready, and making new ones fails'
      : hopes(standing.outlook) === 0
        ? 'all of its containers are in use, and it may have no more'
        : 'everything that is on its way is spoken for'
  return new CmuxError('exhausted', `the pool has no container of template ${template}: ${why}`, {
    hint: `Try again in ${advice.retryAfter} s, release some, or raise POOL_MAX_SIZE.`,
    data: advice,
  })
}

export function lineIsFull(template: Vmid, standing: Standing): CmuxError {
  const advice: RetryAdvice = { retryAfter: retryAfter(standing) }
  return new CmuxError('exhausted', `too many callers wait for a container of template ${template} already`, {
    hint: `Try again in ${advice.retryAfter} s.`,
    data: advice,
  })
}

/** For who holds a container already that does not start, or does not even say whether it runs: whoever asks again gets it. */
export function notReadyInTime({ vmid, node }: Member, instanceId: string, timeout: number): CmuxError {
  const advice: RetryAdvice = { retryAfter: WHILE_STARTING }
  return new CmuxError(
    'timeout',
    `container ${vmid}, which instance ${instanceId} has, was not ready within ${timeout / 1000} s`,
    {
      hint: `It may be starting still: try again in ${advice.retryAfter} s, or look at its start task on node ${node}.`,
      data: advice,
    },
  )
}

/** For who holds a container already, which Proxmox has failed to start: it stays as it is, until whoever has it decides. */
export function notStarted({ vmid }: Member, instanceId: string, error: CmuxError): CmuxError {
  const { code, message, hint, data } = error
  return new CmuxError(code, `container ${vmid}, which instance ${instanceId} has, did not start: ${message}`, {
    hint: `${hint === undefined ? '' : `${hint} `}\`cmux-pve pool release ${instanceId}\` gives it back: the next request gets another one.`,
    data,
    cause: error,
  })
}

export function tooLate(template: Vmid, timeout: number, standing: Standing): CmuxError {
  const advice: RetryAdvice = { retryAfter: retryAfter(standing) }
  const { delay } = standing.outlook
  return new CmuxError(
    'timeout',
    `no container of template ${template} could be handed out within ${timeout / 1000} s${delay === undefined ? '' : `: ${delay.message}`}`,
    {
      hint: delay?.remedy ?? `Try again in ${advice.retryAfter} s; the same instance id never gets two.`,
      data: advice,
    },
  )
}
