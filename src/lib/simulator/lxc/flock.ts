import type { Process } from '../process.js'

/** How long Proxmox waits for a container's lock file (PVE-FACTS 3). */
const PATIENCE_MS = 10_000

export const configLockPath = (vmid: number) => `/run/lock/lxc/pve-config-${vmid}.lock`

/** Runs `work` while holding the container's lock file F. 500 `can't lock file '…' - got timeout` after 10 s. */
export function withConfigLock<T>(
  process: Process,
  vmid: number,
  work: () => Promise<T> | T,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  return process.locked({ path: configLockPath(vmid), timeoutMs: patienceMs }, work)
}
