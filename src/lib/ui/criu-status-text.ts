import type { NodeReport } from '../criu/node-report.js'
import type { Blocker, PreflightReport } from '../criu/preflight-report.js'
import { formatBytes } from './size.js'
import type { Paint } from './terminal.js'

/** What a node can do, as lines. */
export function nodeReportText(report: NodeReport, paint: Paint): readonly string[] {
  const { node, versions, check, features, space, keepsLimits, blockers } = report
  const programs = [
    versions.criu === undefined ? 'no criu' : `criu ${versions.criu}`,
    versions.lxc === undefined ? 'no lxc-checkpoint' : `LXC ${versions.lxc}`,
    `Linux ${versions.kernel}`,
    versions.pve?.replace(/^pve-manager\/([^/]+)\/.*$/, 'Proxmox VE $1'),
  ]
  const missing = features.filter(({ supported }) => !supported).map(({ name }) => name)
  return [
    `${paint('bold', `Node ${node}`)}: ${programs.filter((word) => word !== undefined).join(', ')}`,
    `  criu check  ${check.said || 'not run'}`,
    `  features    ${missing.length === 0 ? 'all supported' : `missing: ${missing.join(', ')}`}`,
    `  space       ${formatBytes(space.free)} of ${formatBytes(space.total)} free for checkpoints`,
    `  limits      ${keepsLimits ? 'LXC restores them' : 'LXC does not restore memory and CPU limits (lxc issue 4643); `criu restore` does'}`,
    ...blockers.flatMap((blocker) => blockerText(blocker, paint)),
  ]
}

/** What stands in the way of a container, as lines. */
export function preflightText(
  { vmid, name, node, possible, blockers, memory }: PreflightReport,
  paint: Paint,
): readonly string[] {
  const verdict = possible
    ? paint('green', `can be checkpointed (about ${formatBytes(memory)} of memory)`)
    : paint('red', 'cannot be checkpointed')
  return [
    `${paint('bold', `Container ${vmid} (${name})`)} on node ${node}: ${verdict}`,
    ...blockers.flatMap((blocker) => blockerText(blocker, paint)),
  ]
}

function blockerText({ id, severity, what, remedy }: Blocker, paint: Paint): readonly string[] {
  const word = severity === 'blocks' ? paint('red', 'BLOCKS ') : paint('yellow', 'warning')
  const how =
    remedy === undefined ? [] : [remedy.command === undefined ? remedy.text : `${remedy.text}: ${remedy.command}`]
  return [`  ${word} ${id}: ${what}`, ...how.map((line) => `          ${line}`)]
}
