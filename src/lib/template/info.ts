import { CmuxError } from '../errors.js'
import { storagesOf } from '../instance/clone-plan.js'
import { outdatedReplicasOf, replicasOf } from '../instance/clone-sources.js'
import { revisionOf } from '../instance/revision.js'
import { type InstanceStatus, instanceStatus } from '../instance/status.js'
import type { ContainerAddress, ContainerRef, PveClient, StorageCapabilities } from '../pve/client.js'
import { linkedCloneIds } from './linked-clones.js'

interface TemplateStorage {
  readonly storage: string
  readonly type: string
  readonly capabilities: StorageCapabilities
}

export interface TemplateInfo extends Omit<InstanceStatus, 'uptime' | 'addresses' | 'usage' | 'status'> {
  readonly storages: readonly TemplateStorage[]
  /** VMIDs of its linked clones; absent where its storages do not record them (LVM-thin, btrfs). */
  readonly linkedClones?: readonly number[]
  /** Further templates that clones of it are made from as well. */
  readonly replicas: readonly ContainerAddress[]
  /** Replicas of an earlier build of it, which nothing is made from any more. */
  readonly outdatedReplicas?: readonly ContainerAddress[]
}

/** The template that a VMID or hostname names; `conflict` with the hint of `wayOut` when it is an ordinary container. */
export async function findTemplate(
  client: PveClient,
  reference: string,
  wayOut = (vmid: number) => `Make it one with \`cmux-pve template convert ${vmid}\`.`,
): Promise<ContainerRef> {
  const ct = await client.containers.find(reference)
  if (ct.template) return ct
  throw new CmuxError('conflict', `Container ${ct.vmid} (${ct.name}) on node ${ct.node} is not a template`, {
    hint: wayOut(ct.vmid),
  })
}

/** Looks at a template: its configuration, what its storages can do, its linked clones and replicas. */
export async function templateInfo(client: PveClient, reference: string): Promise<TemplateInfo> {
  const ct = await findTemplate(client, reference)
  const [{ uptime: _uptime, addresses: _addresses, usage: _usage, status: _status, ...known }, bonds] =
    await Promise.all([instanceStatus(client, String(ct.vmid)), templateBonds(client, ct)])
  return { ...known, ...bonds }
}

/** What hangs on a template. */
export async function templateBonds(client: PveClient, ct: ContainerRef) {
  const [config, entries, containers] = await Promise.all([
    client.containers.config(ct),
    client.storages.list(ct.node),
    client.containers.list(),
  ])
  const used = new Set(storagesOf(config))
  const storages = entries
    .filter(({ storage }) => used.has(storage))
    .map((entry) => ({ storage: entry.storage, type: entry.type, capabilities: client.storages.capabilities(entry) }))
  const recording = storages.filter(({ capabilities }) => capabilities.protectsBase)
  const volumes = await Promise.all(
    recording.map(({ storage }) => client.storages.content(ct.node, storage, { content: 'rootdir' })),
  )
  const revision = revisionOf(config)
  const outdated = outdatedReplicasOf(ct.vmid, containers, revision)
  return {
    storages,
    replicas: replicasOf(ct.vmid, containers, revision),
    ...(outdated.length > 0 && { outdatedReplicas: outdated }),
    ...(recording.length > 0 && { linkedClones: linkedCloneIds(ct.vmid, volumes.flat()) }),
  }
}
