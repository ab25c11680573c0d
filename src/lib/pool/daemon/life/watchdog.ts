import type { Clock } from '../../../clock.js'
import type { ServiceManager } from './service-manager.js'

/**
 * Gives the signs of life that the service manager wants, three within its time, for as long as `isAlive` says so. Without them it
 * starts the daemon anew: that is meant for one that hangs, not for one whose Proxmox is away.
 */
export async function feedWatchdog(
  manager: ServiceManager,
  { clock, isAlive, signal }: { readonly clock: Clock; readonly isAlive: () => boolean; readonly signal: AbortSignal },
): Promise<void> {
  if (manager.watchdog === undefined) return
  while (!signal.aborted) {
    if (isAlive()) await manager.alive()
    await clock.sleep(manager.watchdog / 3, signal).catch(() => undefined)
  }
}
