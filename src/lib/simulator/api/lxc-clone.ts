import { cloneConfig } from '../config/clone.js'
import { type ContainerConfig, containerConfig, isTemplate, withOptions } from '../config/container-config.js'
import { checkLock, withoutLock } from '../config/lock.js'
import { networkInterfaces } from '../config/network.js'
import { snapshotSection } from '../config/view.js'
import { type MountPoint, mountPoints } from '../config/volumes.js'
import { cloneContainer } from '../lxc/clone.js'
import { storageOf } from '../lxc/disks.js'
import { withConfigLock } from '../lxc/flock.js'
import { die } from './api-error.js'
import type { CallContext } from './call-context.js'
import { CONTAINER, number, text, VMID, vmidOf } from './lxc-parameters.js'
import { checkPool } from './lxc-permissions.js'
import type { ApiMethod, Parameters } from './method.js'

/** POST …/clone (PVE-FACTS 3.3). */
export function lxcCloneMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'POST',
      path: '/nodes/{node}/lxc/{vmid}/clone',
      protected: true,
      onNode: true,
      permissions: {
        and: [
          { path: '/vms/{vmid}', privileges: ['VM.Clone'] },
          {
            or: [
              { path: '/vms/{newid}', privileges: ['VM.Allocate'] },
              { path: '/pool/{pool}', privileges: ['VM.Allocate'] },
            ],
          },
        ],
      },
      parameters: {
        ...CONTAINER,
        newid: VMID,
        hostname: { type: 'string', format: 'dns-name', optional: true },
        description: { type: 'string', optional: true },
        pool: { type: 'string', format: 'pve-poolid', optional: true },
        snapname: { type: 'string', format: 'pve-configid', maxLength: 40, optional: true },
        storage: { type: 'string', format: 'pve-storage-id', optional: true },
        full: { type: 'boolean', optional: true },
        target: { type: 'string', format: 'pve-node', optional: true },
        bwlimit: { type: 'number', optional: true, minimum: 0 },
      },
      handler: clone,
    },
  ]
}

async function clone(parameters: Parameters, context: CallContext): Promise<string> {
  const { node } = context
  const { configs, latency } = node.cluster
  const vmid = vmidOf(parameters)
  const newid = number(parameters, 'newid') ?? 0
  const pool = text(parameters, 'pool')
  checkPool(context, pool)
  const target = otherNode(context, text(parameters, 'target'))
  checkTargetStorage(context, text(parameters, 'storage'), target)
  node.cluster.checkQuorum()
  const source = await lockSource(context, vmid)
  await node.daemon.sleep(latency.of('write'))
  try {
    configs.create(newid, node.name, withOptions(containerConfig({}), { lock: 'create' }))
  } catch (error) {
    await unlockSource(context, vmid)
    throw error
  }
  let plan: ClonePlan
  try {
    plan = planClone(parameters, source, context, target)
    await withConfigLock(node.daemon, newid, () => configs.write(newid, node.name, plan.config))
  } catch (error) {
    configs.delete(newid)
    await unlockSource(context, vmid)
    throw error
  }
  const { config: _config, ...copy } = plan
  const request = {
    vmid,
    newid,
    ...copy,
    ...(target === undefined ? {} : { target }),
    ...(pool === undefined ? {} : { pool }),
  }
  return context.forkWorker('vzclone', String(vmid), (worker) => cloneContainer(worker, node, request))
}

/** The node that the clone is to end on, when it is another one. */
function otherNode({ cluster, node }: CallContext, target: string | undefined): string | undefined {
  if (target === undefined || target === node.name) return undefined
  return cluster.nodes.has(target) ? target : die(`no such cluster node '${target}'`)
}

function checkTargetStorage(
  { cluster, node }: CallContext,
  storage: string | undefined,
  target: string | undefined,
): void {
  if (storage === undefined) return
  const { shared } = cluster.storages.get(storage, node.name)
  if (target === undefined) return
  cluster.storages.get(storage, target)
  if (!shared) die(`can't clone to non-shared storage '${storage}'`)
}

async function lockSource({ node }: CallContext, vmid: number): Promise<ContainerConfig> {
  const { configs } = node.cluster
  return withConfigLock(node.daemon, vmid, () => {
    const config = configs.load(vmid, node.name)
    checkLock(config)
    configs.write(vmid, node.name, withOptions(config, { lock: 'disk' }))
    return config
  })
}

async function unlockSource({ node }: CallContext, vmid: number): Promise<void> {
  const { configs } = node.cluster
  await withConfigLock(node.daemon, vmid, () => {
    configs.write(vmid, node.name, withoutLock(configs.load(vmid, node.name), 'disk'))
  })
}

interface ClonePlan {
  /** Still without disks, and locked. */
  readonly config: ContainerConfig
  readonly disks: readonly MountPoint[]
  readonly full: boolean
  readonly running: boolean
  readonly bwlimit: number
  readonly snapname?: string
  readonly storage?: string
}

/** The checks that come when source and target are locked already. */
function planClone(
  parameters: Parameters,
  source: ContainerConfig,
  context: CallContext,
  target: string | undefined,
): ClonePlan {
  const { cluster, node } = context
  const running = node.monitor.isRunning(vmidOf(parameters))
  const full = parameters['full'] === undefined ? !isTemplate(source) : parameters['full'] === 1
  const storage = text(parameters, 'storage')
  const snapname = text(parameters, 'snapname')
  if (storage !== undefined && !full) die("parameter 'storage' not allowed for linked clones")
  const section = snapname === undefined ? source : snapshotSection(source, snapname)
  const disks = mountPoints(section.options)
  for (const disk of [...disks].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    checkDisk(context, disk, {
      full,
      running,
      ...(snapname === undefined ? {} : { snapname }),
      ...(storage === undefined ? {} : { storage }),
    })
  }
  for (const { bridge } of networkInterfaces(section.options)) {
    if (bridge !== undefined) context.check(`/sdn/zones/localnetwork/${bridge}`, ['SDN.Use'])
  }
  const isLocal = disks.some(({ volume }) => !cluster.storages.config(storage ?? storageOf(volume)).shared)
  if (target !== undefined && isLocal) die(`can't clone CT to node '${target}' (CT uses local storage)`)
  const hostname = text(parameters, 'hostname')
  const description = text(parameters, 'description') || undefined
  const copied = cloneConfig(
    source,
    {
      ...(hostname === undefined ? {} : { hostname }),
      ...(description === undefined ? {} : { description }),
      ...(snapname === undefined ? {} : { snapname }),
    },
    cluster.random,
  )
  const withoutDisks = Object.fromEntries(disks.map(({ name }) => [name, undefined]))
  return {
    config: withOptions(copied, { ...withoutDisks, lock: 'create' }),
    disks,
    full,
    running,
    bwlimit: number(parameters, 'bwlimit') ?? 0,
    ...(snapname === undefined ? {} : { snapname }),
    ...(storage === undefined ? {} : { storage }),
  }
}

function checkDisk(
  context: CallContext,
  { name, type, volume }: MountPoint,
  {
    full,
    running,
    snapname,
    storage = storageOf(volume),
  }: Pick<ClonePlan, 'full' | 'running' | 'snapname' | 'storage'>,
): void {
  if (type !== 'volume') die(`unable to clone mountpoint '${name}' (type ${type})`)
  context.check(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  if (full && running && snapname === undefined) {
    die('Full clone of a running container is only possible from a snapshot')
  }
  if (!full && !context.cluster.storages.hasFeature('clone', volume, snapname)) {
    die(`Linked clone feature for '${volume}' is not available`)
  }
}
