import { formatDuration } from '../duration.js'
import type {
  Alarm,
  Allocation,
  Lease,
  Orphan,
  PlannedStep,
  PooledContainer,
  PoolStatus,
  ReleaseOutcome,
  TemplateStatus,
} from '../pool/pool.js'
import type { Column } from './output.js'
import { formatTime } from './time.js'

export const TEMPLATE_COLUMNS: readonly Column<TemplateStatus>[] = [
  { header: 'TEMPLATE', value: ({ template }) => template, align: 'right' },
  { header: 'READY', value: ({ ready, hot }) => (hot === 0 ? ready : `${ready} (${hot} hot)`), align: 'right' },
  { header: 'CLAIMED', value: ({ claimed }) => claimed, align: 'right' },
  { header: 'FILLING', value: ({ filling }) => filling, align: 'right' },
  { header: 'RELEASING', value: ({ releasing }) => releasing, align: 'right' },
  { header: 'QUARANTINED', value: ({ quarantined }) => quarantined, align: 'right' },
  { header: 'MIN/TARGET/MAX', value: ({ min, target, max }) => `${min}/${target}/${max}`, align: 'right' },
  { header: 'FILL TIME', value: ({ fillTime }) => fillTime && formatDuration(fillTime), align: 'right' },
  { header: 'BREAKER', value: ({ breaker }) => breaker },
  { header: 'REVISION', value: ({ revision, missing }) => (missing === undefined ? revision.slice(0, 12) : 'MISSING') },
]

export const pooledColumns = (now: number): readonly Column<PooledContainer>[] => [
  { header: 'VMID', value: ({ vmid }) => vmid, align: 'right' },
  { header: 'HOSTNAME', value: ({ hostname }) => hostname },
  { header: 'NODE', value: ({ node }) => node },
  { header: 'TEMPLATE', value: ({ template }) => template, align: 'right' },
  { header: 'STATE', value: ({ state, tier }) => (tier === 'hot' ? `${state} (hot)` : state) },
  { header: 'SINCE', value: ({ since }) => ago(since, now), align: 'right' },
  { header: 'LEASE ENDS', value: ({ expires }) => expires && ends(expires, now), align: 'right' },
  { header: 'REASON', value: ({ reason }) => reason },
]

export const PLAN_COLUMNS: readonly Column<PlannedStep>[] = [
  { header: 'ACTION', value: ({ action }) => action },
  { header: 'VMID', value: ({ vmid }) => vmid, align: 'right' },
  { header: 'NODE', value: ({ node }) => node },
  { header: 'TEMPLATE', value: ({ template }) => template, align: 'right' },
  { header: 'WHY', value: ({ why }) => why },
]

export const ORPHAN_COLUMNS: readonly Column<Orphan>[] = [
  { header: 'VMID', value: ({ vmid }) => vmid, align: 'right' },
  { header: 'NODE', value: ({ node }) => node },
  { header: 'OURS', value: ({ ours }) => (ours ? 'yes' : 'no') },
  { header: 'DESTROYED', value: ({ destroyed }) => (destroyed ? 'yes' : 'no') },
  { header: 'WHY', value: ({ why }) => why },
]

/** What stands below the table of `pool status`. `now` in milliseconds. */
export function statusText({ mode, waiting, cluster, observedAt, alarms }: PoolStatus, now: number): readonly string[] {
  const reachable = cluster.reachable ? 'reachable' : 'NOT REACHABLE'
  const refuses =
    cluster.refuses === undefined ? '' : `, REFUSES ${cluster.refuses === 'token' ? 'THE TOKEN' : 'WHAT THE POOL DOES'}`
  const quorum = observedAt === undefined ? '' : cluster.quorate ? ', quorate' : ', WITHOUT QUORUM'
  const looked = observedAt === undefined ? 'never looked at' : `looked at ${ago(observedAt, now)} ago`
  return [
    `${MODES[mode]}; ${waiting} waiting in line; cluster ${reachable}${quorum}${refuses}, ${looked}`,
    ...alarms.map(alarmText),
  ]
}

export const allocationText = ({
  vmid,
  hostname,
  node,
  fromPool,
  tier,
  status,
  stages,
  expires,
}: Allocation): string => {
  const origin = fromPool ? (tier === 'hot' ? 'hot' : 'ready') : 'made for this request'
  const took = Object.values(stages).reduce((sum, time) => sum + time, 0)
  const lease = expires === undefined ? '' : `, until ${formatTime(expires)}`
  return `Container ${vmid} (${hostname}) on node ${node} is ${status}: ${origin}, ${formatDuration(took)}${lease}`
}

export const leaseText = ({ vmid, instanceId, expires }: Lease): string =>
  `Container ${vmid} (${instanceId}) is leased until ${formatTime(expires)}`

export const releaseText = ({ vmid, node, instanceId, already }: ReleaseOutcome): string => {
  if (!already) return `Gave back container ${vmid} on node ${node}`
  return instanceId === undefined
    ? `Container ${vmid} is not claimed: there is nothing to give back`
    : `Container ${vmid} was given back before`
}

export const removalText = ({ vmid, node, already }: ReleaseOutcome): string =>
  already ? `Container ${vmid} is being removed already` : `Removed container ${vmid} on node ${node}`

/** `401 on node pve1 is ours and would be destroyed: …` */
export const orphanText = ({ vmid, node, ours, why }: Orphan): string =>
  `${vmid} on node ${node} ${ours ? 'is ours and would be destroyed' : 'is left alone'}: ${why}`

/** Before leftovers of ours are destroyed. */
export function garbageQuestion(ours: readonly Orphan[]): string {
  const names = ours.slice(0, MOST_NAMED).map(({ vmid, node }) => `${vmid} on node ${node}`)
  const more = ours.length > MOST_NAMED ? ` and ${ours.length - MOST_NAMED} more` : ''
  return `Destroy what the pool left behind, ${names.join(', ')}${more}, for good?`
}

const MOST_NAMED = 10

const MODES = {
  running: 'Running',
  paused: 'PAUSED: nothing is filled or recycled',
  draining: 'DRAINING: allocates are refused',
} as const satisfies Readonly<Record<PoolStatus['mode'], string>>

const alarmText = ({ kind, message, remedy }: Alarm): string =>
  `ALARM ${kind}: ${message}${remedy === undefined ? '' : `\n  ${remedy}`}`

const ago = (seconds: number, now: number): string => formatDuration(Math.max(0, now - seconds * 1000))
const ends = (seconds: number, now: number): string =>
  seconds * 1000 > now ? `in ${formatDuration(seconds * 1000 - now)}` : 'now'
