import { type ContainerConfig, containerConfig, withOptions } from '../config/container-config.js'
import { type CreateDisk, createConfig, createDisks } from '../config/create.js'
import { CONFIG_OPTIONS } from '../config/options.js'
import { createContainer } from '../lxc/create.js'
import { storageOf } from '../lxc/disks.js'
import { withConfigLock } from '../lxc/flock.js'
import type { ObjectSchema } from '../schema/schema.js'
import { isVolumeId } from '../storage/volume.js'
import { die, permissionError } from './api-error.js'
import type { CallContext } from './call-context.js'
import { bridgeMtu, CONTAINER, FLAG, flag, text, vmidOf } from './lxc-parameters.js'
import { checkChanges, checkPool, volumeOwner } from './lxc-permissions.js'
import { startSeparately } from './lxc-power.js'
import type { ApiMethod, Parameters } from './method.js'

/** A create waits less long than others for the lock file (PVE-FACTS 3). */
const CREATE_PATIENCE_MS = 5000

/** Parameters that are no options of the configuration. */
const OWN = {
  ostemplate: { type: 'string', maxLength: 255 },
  password: { type: 'string', optional: true, minLength: 5 },
  storage: { type: 'string', format: 'pve-storage-id', optional: true, default: 'local' },
  force: FLAG,
  restore: FLAG,
  unique: { ...FLAG, requires: 'restore' },
  pool: { type: 'string', format: 'pve-poolid', optional: true },
  'ignore-unpack-errors': FLAG,
  'ssh-public-keys': { type: 'string', optional: true },
  bwlimit: { type: 'number', optional: true, minimum: 0 },
  start: FLAG,
  'ha-managed': FLAG,
} as const

const PARAMETERS: ObjectSchema = { ...CONFIG_OPTIONS, ...OWN, ...CONTAINER }

/** POST /nodes/{node}/lxc (PVE-FACTS 3.2). */
export function lxcCreateMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'POST',
      path: '/nodes/{node}/lxc',
      protected: true,
      onNode: true,
      permissions: { user: 'all' },
      parameters: PARAMETERS,
      handler: create,
    },
  ]
}

async function create(parameters: Parameters, context: CallContext): Promise<string> {
  const vmid = vmidOf(parameters)
  const { config, disks } = plan(parameters, vmid, context)
  if (flag(parameters, 'restore')) die('restoring a backup is not simulated')
  await reserve(context, vmid)
  const pool = text(parameters, 'pool')
  const request = {
    vmid,
    ostemplate: text(parameters, 'ostemplate') ?? '',
    disks,
    config,
    ...(pool === undefined ? {} : { pool }),
    ...(flag(parameters, 'start') ? { start: () => startSeparately(context, vmid) } : {}),
  }
  return context.forkWorker('vzcreate', String(vmid), (worker) => createContainer(worker, context.node, request))
}

/** Every check before anything is made, in Proxmox's order. */
function plan(
  parameters: Parameters,
  vmid: number,
  context: CallContext,
): { readonly config: ContainerConfig; readonly disks: Readonly<Record<string, CreateDisk>> } {
  const { cluster } = context
  cluster.checkQuorum()
  const { unprivilegedByDefault } = cluster.version
  const unprivileged = flag({ unprivileged: unprivilegedByDefault ? 1 : 0, ...parameters }, 'unprivileged')
  const restore = flag(parameters, 'restore')
  if (unprivilegedByDefault && !unprivileged && !restore) context.check('/', ['Sys.Modify'])
  if (!(restore && flag(parameters, 'force'))) cluster.configs.checkUnused(vmid)
  checkKeys(text(parameters, 'ssh-public-keys'))
  const pool = text(parameters, 'pool')
  checkPool(context, pool)
  if (!mayAllocate(context, vmid, pool)) throw permissionError()
  const storage = text(parameters, 'storage') ?? 'local'
  const options = Object.fromEntries(Object.entries(parameters).filter(([name]) => isOption(name)))
  const question = {
    vmid,
    unprivileged,
    ownsVolume: volumeOwner(context, vmid),
    ...(pool === undefined ? {} : { pool }),
  }
  checkChanges(context, { set: options, delete: [] }, question)
  checkArchive(context, text(parameters, 'ostemplate') ?? '', restore ? 'backup' : 'vztmpl')
  const disks = createDisks(parameters, storage)
  for (const disk of Object.values(disks)) checkDisk(context, disk)
  const config = createConfig(options, {
    vmid,
    unprivileged: unprivilegedByDefault ? 1 : 0,
    random: cluster.random,
    bridgeMtu: bridgeMtu(context),
  })
  return { config, disks }
}

/** `unprivileged` has a check of its own; everything that is set by default needs no right. */
const isOption = (name: string): boolean => Object.hasOwn(CONFIG_OPTIONS, name)

function mayAllocate(context: CallContext, vmid: number, pool: string | undefined): boolean {
  if (context.may(`/vms/${vmid}`, ['VM.Allocate'])) return true
  return pool !== undefined && context.may(`/pool/${pool}`, ['VM.Allocate'])
}

function checkKeys(keys: string | undefined): void {
  const lines = (keys ?? '').split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  if (!lines.every((line) => SSH_KEY.test(line))) die('SSH public key validation error')
}

const SSH_KEY = /(^|\s)(ssh-(rsa|dss|ed25519)|ecdsa-sha2-\S+|sk-\S+@openssh\.com)\s+[A-Za-z0-9+/]+=*(\s|$)/

function checkArchive(context: CallContext, ostemplate: string, content: 'backup' | 'vztmpl'): void {
  const { cluster, identity } = context
  // root@pam may name a path: whether anything is there is found out in the task.
  if (identity.id === 'root@pam' && !isVolumeId(ostemplate)) return
  cluster.storages.checkArchive(ostemplate, content)
  context.check(`/storage/${storageOf(ostemplate)}`, ['Datastore.AllocateSpace', 'Datastore.Audit'], { any: true })
}

function checkDisk(context: CallContext, disk: CreateDisk): void {
  if ('volume' in disk && disk.volume.startsWith('/')) return
  const storage = 'volume' in disk ? storageOf(disk.volume) : disk.storage
  context.cluster.storages.checkContainerStorage(storage, context.node.name)
  context.check(`/storage/${storage}`, ['Datastore.AllocateSpace'])
}

/** The configuration exists from now on, with nothing in it but its lock. */
async function reserve({ node }: CallContext, vmid: number): Promise<void> {
  const { configs, latency } = node.cluster
  const locked = withOptions(containerConfig({}), { lock: 'create' })
  try {
    await withConfigLock(node.daemon, vmid, () => configs.create(vmid, node.name, locked), CREATE_PATIENCE_MS)
  } catch (error) {
    die(`unable to create CT ${vmid} - ${error instanceof Error ? error.message : String(error)}`)
  }
  await node.daemon.sleep(latency.of('write'))
}
