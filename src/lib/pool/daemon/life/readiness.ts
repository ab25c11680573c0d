import type { PoolStatus } from '../../pool.js'

/** Why a balancer should send allocates elsewhere: sentences without names of anything, since everybody may ask. */
export function unreadyReasons(
  { observedAt, cluster, templates, mode }: PoolStatus,
  stopping: boolean,
): readonly string[] {
  const reasons: readonly (readonly [boolean, string])[] = [
    [stopping, 'The daemon is being stopped'],
    [mode === 'draining', 'The pool is being drained'],
    [observedAt === undefined, 'The cluster was not observed yet'],
    [!cluster.reachable, 'Proxmox cannot be reached'],
    [
      cluster.refuses === 'token',
      'Proxmox refuses the token of the pool: put one that works into PVE_API_TOKEN and restart, or enable it again',
    ],
    [
      cluster.refuses === 'privilege',
      'Proxmox refuses what the pool has to do: `cmux-pve pool status` says which privilege its token lacks',
    ],
    [cluster.reachable && !cluster.quorate, 'The cluster has no quorum'],
    [
      templates.length > 0 && templates.every(({ missing, ready }) => missing !== undefined && ready === 0),
      'None of the templates can be cloned',
    ],
    [templates.some(({ breaker }) => breaker === 'open'), 'Containers of a template fail again and again'],
  ]
  return reasons.filter(([applies]) => applies).map(([, sentence]) => sentence)
}
