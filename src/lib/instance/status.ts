import { readSleep, type Sleep } from '../criu/sleep.js'
import { withoutSleepMark } from '../criu/sleep-mark.js'
import type { ContainerConfig, ContainerStatus, PendingChange, PveClient } from '../pve/client.js'
import { withoutOperationId } from '../pve/operation-id.js'
import { type ReachableAddress, reachableAddresses } from '../pve/reachable-addresses.js'

/** Everything about one container that people ask for. Memory in MiB, uptime in seconds. */
export interface InstanceStatus {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly status: 'running' | 'stopped'
  readonly template: boolean
  /** Of a stopped container: it sleeps in this checkpoint, unless that has ended. Of a running one: a command is at work on that, or was interrupted. */
  readonly sleep?: Sleep
  readonly uptime: number
  readonly lock?: string
  readonly tags: readonly string[]
  readonly description: string
  readonly cores?: number
  readonly memory: number
  readonly swap: number
  readonly unprivileged: boolean
  readonly features?: string
  /** Volumes and network interfaces as Proxmox writes them: `rootfs`, `mp0`, `net0`. */
  readonly volumes: Readonly<Record<string, string>>
  readonly networks: Readonly<Record<string, string>>
  /** What the running container really has, loopback left out. */
  readonly addresses: readonly ReachableAddress[]
  readonly usage: { readonly cpu: number; readonly memory: number; readonly disk: number; readonly diskSize: number }
  readonly snapshots: readonly string[]
  /** Changes that wait for the next start. */
  readonly pending: readonly PendingChange[]
}

/** Looks at one container, given by VMID or hostname. */
export async function instanceStatus(client: PveClient, reference: string): Promise<InstanceStatus> {
  const ct = await client.containers.find(reference)
  const [status, config, interfaces, snapshots, pending] = await Promise.all([
    client.containers.status(ct),
    client.containers.config(ct),
    client.containers.interfaces(ct),
    client.snapshots.list(ct),
    client.containers.pending(ct),
  ])
  const sleep = await readSleep(client, ct, config)
  return {
    ...live(status),
    ...configured(config),
    ...(sleep !== undefined && { sleep }),
    addresses: reachableAddresses(interfaces ?? []),
    snapshots: snapshots.map(({ name }) => name).filter((name) => name !== 'current'),
    pending: pending.filter((change) => change.pending !== undefined || change.delete === true),
  }
}

function live(ct: ContainerStatus) {
  const { vmid, name, node, status, template, uptime, tags } = ct
  const usage = { cpu: ct.cpu, memory: ct.mem, disk: ct.disk, diskSize: ct.maxdisk }
  return { vmid, name, node, status, template, uptime, tags, usage, ...(ct.lock !== undefined && { lock: ct.lock }) }
}

function configured(config: ContainerConfig) {
  const { options } = config
  const named = (pattern: RegExp) =>
    Object.fromEntries(
      Object.entries(options).flatMap(([key, value]) => (pattern.test(key) ? [[key, String(value)]] : [])),
    )
  return {
    description: withoutOperationId(withoutSleepMark(config.description ?? '')),
    // What Proxmox assumes when the option is missing (PVE-FACTS 3.1, 4.2).
    memory: Number(options['memory'] ?? 512),
    swap: Number(options['swap'] ?? 0),
    unprivileged: Number(options['unprivileged'] ?? 0) === 1,
    volumes: named(/^(?:rootfs|mp\d+|unused\d+)$/),
    networks: named(/^net\d+$/),
    ...(options['cores'] !== undefined && { cores: Number(options['cores']) }),
    ...(options['features'] !== undefined && { features: String(options['features']) }),
  }
}
