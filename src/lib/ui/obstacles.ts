import type { Alarm, PoolStatus } from '../pool/pool.js'

/** What keeps a pool from going on, as it says itself. */
export interface Obstacle {
  /** The same for as long as it is the same obstacle, whatever is said of it. */
  readonly key: string
  readonly message: string
  /** What somebody has to do about it. */
  readonly remedy: string | undefined
}

/** Those that may hold up containers of a template, or of all. Pure. */
export const obstacles = ({ mode, alarms }: PoolStatus, template?: number): readonly Obstacle[] => [
  ...(mode === 'paused' ? [PAUSED] : []),
  ...alarms
    .filter((alarm) => alarm.kind !== 'quarantine')
    .filter((alarm) => template === undefined || alarm.template === undefined || alarm.template === template)
    .map(({ kind, vmid, template: of, message, remedy }: Alarm) => ({
      key: [kind, vmid, of].join(),
      message,
      remedy,
    })),
]

export const obstacleText = ({ message, remedy }: Obstacle): string =>
  `Held up: ${message}${remedy === undefined ? '' : `\n  ${remedy}`}`

const PAUSED: Obstacle = {
  key: 'paused',
  message: 'The pool is paused: nothing is filled, recycled or destroyed',
  remedy: 'cmux-pve pool resume',
}
