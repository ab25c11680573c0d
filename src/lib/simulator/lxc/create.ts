import { ApiError } from '../api/api-error.js'
import type { ContainerConfig } from '../config/container-config.js'
import { withOptions } from '../config/container-config.js'
import type { CreateDisk } from '../config/create.js'
import { withVolume } from '../config/volumes.js'
import type { Node } from '../node.js'
import { isVolumeId } from '../storage/volume.js'
import type { Worker } from '../task.js'
import { diskMounts, freeQuietly, onStorage } from './disks.js'
import { withConfigLock } from './flock.js'
import { warnAboutNesting } from './nesting.js'
import { osTemplateContent } from './os-template.js'

/** What the sync part of a create found good. */
export interface CreateRequest {
  readonly vmid: number
  /** A volume id; of root@pam also a path on the node. */
  readonly ostemplate: string
  readonly disks: Readonly<Record<string, CreateDisk>>
  /** Without disks, arch and ostype. */
  readonly config: ContainerConfig
  readonly pool?: string
  /** Forks the start of the finished container. */
  readonly start?: () => void
}

/** The create task (PVE-FACTS 3.2). On an error its volumes and the configuration are gone again. */
export async function createContainer(worker: Worker, node: Node, request: CreateRequest): Promise<void> {
  const { vmid, pool } = request
  const { configs, pools } = node.cluster
  const volumes: string[] = []
  try {
    const config = await build(worker, node, request, volumes)
    await withConfigLock(worker, vmid, () => configs.write(vmid, node.name, config))
  } catch (error) {
    await freeQuietly(worker, node, volumes)
    configs.delete(vmid)
    throw new Error(`unable to create CT ${vmid} - ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    })
  }
  if (pool !== undefined && pools.has(pool)) pools.addContainer(pool, vmid)
  request.start?.()
}

async function build(
  worker: Worker,
  node: Node,
  { vmid, ostemplate, disks, config }: CreateRequest,
  volumes: string[],
): Promise<ContainerConfig> {
  const { storages, volumeFacts, latency } = node.cluster
  await worker.step('begin')
  const volid = isVolumeId(ostemplate) ? ostemplate : storages.osTemplateAt(ostemplate, node.name)
  const archive = volid === undefined ? undefined : storages.volume(volid, node.name)
  const { arch, ostype, systemd } = osTemplateContent(ostemplate)
  const lines: Record<string, string> = {}
  for (const [option, disk] of Object.entries(disks)) {
    lines[option] = await makeDisk(worker, node, { vmid, option, disk, osTemplate: archive?.volid }, volumes)
  }
  // The archive is not looked for before there are disks to unpack it to.
  if (archive === undefined) {
    throw new ApiError(
      500,
      volid === undefined ? `can't find file '${ostemplate}'` : `volume '${volid}' does not exist`,
    )
  }
  worker.print(`extracting archive '${storages.path(archive.volid)}'`)
  const ms = latency.of('create')
  await worker.sleep(ms / 2)
  await worker.step('extract')
  await worker.sleep(ms / 2)
  worker.print(`Total bytes read: ${archive.size * 4} (${Math.ceil((archive.size * 4) / 2 ** 20)}MiB, 312MiB/s)`)
  worker.print(`Detected container architecture: ${arch}`)
  const built = withOptions(config, { ...lines, arch, ostype: config.options['ostype'] ?? ostype })
  for (const { name, volume } of diskMounts(built.options)) {
    if (name === 'rootfs') volumeFacts.set(volume, { ostype, ...(systemd === undefined ? {} : { systemd }) })
  }
  if (ostype !== 'unmanaged') makeHostKey(worker, node, built)
  if (node.cluster.version.warnsAboutNesting) warnAboutNesting(worker, node, built)
  await worker.step('finish')
  return built
}

/** Makes one disk, or takes over one that is there. Answers its line in the configuration. */
async function makeDisk(
  worker: Worker,
  node: Node,
  request: {
    readonly vmid: number
    readonly option: string
    readonly disk: CreateDisk
    /** What rootfs is filled with. */
    readonly osTemplate: string | undefined
  },
  volumes: string[],
): Promise<string> {
  const { vmid, option, disk, osTemplate } = request
  const { storages } = node.cluster
  if ('volume' in disk) {
    if (disk.volume.startsWith('/')) return disk.line
    const existing = storages.volume(disk.volume, node.name)
    if (existing === undefined) throw new Error(`volume '${disk.volume}' does not exist`)
    return withVolume(option, disk.line, disk.volume, existing.size)
  }
  const { storage, size } = disk
  const content = option === 'rootfs' && osTemplate !== undefined ? { osTemplate } : {}
  const volid = await onStorage(worker, node, 'allocate', storage, (context) =>
    storages.allocate({ storage, vmid, size, ...content }, context),
  )
  volumes.push(volid)
  return withVolume(option, disk.line, volid, size)
}

function makeHostKey(worker: Worker, node: Node, config: ContainerConfig): void {
  worker.print("Creating SSH host key 'ssh_host_ed25519_key' - this may take some time ...")
  const fingerprint = Buffer.from(node.cluster.random.hex(64), 'hex').toString('base64').replace('=', '')
  worker.print(`done: SHA256:${fingerprint} root@${config.options['hostname']}`)
}
