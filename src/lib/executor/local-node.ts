import { hostname } from 'node:os'
import { isCmuxError } from '../errors.js'
import type { ContainerAddress, PveClient } from '../pve/client.js'
import type { Executor } from './executor.js'

/** Milliseconds for `pct config`. */
const PATIENCE = 15_000

/** What tells one container from all others, also those with its VMID in other clusters: its disk, and the addresses of its cards. */
const IDENTIFYING = /^(?:hostname|rootfs|net\d+)$/

/**
 * Why the `pct` of this machine does not lead to the container that the API means; undefined: it does. A VMID alone says nothing, for
 * the API may be that of another cluster.
 */
export async function whyNotLocal(
  containers: Pick<PveClient['containers'], 'config'>,
  ct: ContainerAddress,
  local: Executor,
  machine: string = hostname(),
): Promise<string | undefined> {
  const name = machine.split('.')[0] ?? machine
  if (name !== ct.node) return `this machine is ${name}, and the container is on node ${ct.node}`
  const [shown, config] = await Promise.all([
    local.run(['pct', 'config', String(ct.vmid)], { timeout: PATIENCE }).catch((error: unknown) => {
      if (isCmuxError(error)) return { exitCode: 1, stdout: '', stderr: error.message }
      throw error
    }),
    containers.config(ct),
  ])
  if (shown.exitCode !== 0) return `pct does not work here: ${shown.stderr.trim() || `status ${shown.exitCode}`}`
  const lines = new Set(shown.stdout.split('\n'))
  const expected = Object.entries(config.options).filter(([key]) => IDENTIFYING.test(key))
  const same = expected.every(([key, value]) => lines.has(`${key}: ${value}`))
  return same ? undefined : `container ${ct.vmid} of this machine is another one than that of the API`
}
