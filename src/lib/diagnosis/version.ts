import type { PveVersion } from '../pve/client.js'
import type { Finding } from './finding.js'

const OLDEST_SUPPORTED = 8

/** Judges the version; says so when the node is the simulated one, which marks its `repoid`. */
export function checkVersion(version: PveVersion): Finding {
  const simulated = version.repoid.endsWith('simulated') ? ', simulated' : ''
  const found = { topic: 'version', subject: 'Proxmox VE', detail: `${version.version}${simulated}` } as const
  if (Number.parseInt(version.version, 10) >= OLDEST_SUPPORTED) return { ...found, verdict: 'ok' }
  return {
    ...found,
    verdict: 'warning',
    remedy: `Versions before ${OLDEST_SUPPORTED} are not tested: update the node.`,
  }
}
