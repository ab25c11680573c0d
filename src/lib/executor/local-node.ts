import { hostname, uptime } from 'node:os'
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

/** Seconds that two looks at one clock may be apart. */
const SAME_TIME = 5

/** Why this machine is not the node that the API means; undefined: it is. A name alone says nothing, but it has run as long besides. */
export async function whyNotThisNode(
  nodes: Pick<PveClient['nodes'], 'list'>,
  node: string,
  machine: { readonly name: string; readonly uptime: number } = { name: hostname(), uptime: uptime() },
): Promise<string | undefined> {
  const name = machine.name.split('.')[0] ?? machine.name
  if (name !== node) return `this machine is ${name}`
  const found = (await nodes.list()).find((entry) => entry.node === node)?.uptime
  if (found !== undefined && Math.abs(found - machine.uptime) <= SAME_TIME) return undefined
  return `this machine has the name of node ${node}, but it is another one`
}
