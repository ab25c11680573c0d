import { die } from '../api/api-error.js'
import type { GuestRuntime } from '../guest/guest-runtime.js'
import { imageName } from './disk-name.js'
import { DELTA, thinUsage } from './space.js'
import type { StorageConfig } from './storage-config.js'
import { type StorageLock, storageLock } from './storage-lock.js'
import { parseVolumeId, type Volume, type VolumeTable } from './volume.js'
import { VolumeDirectory } from './volume-directory.js'

export type VolumeRuntime = Pick<
  GuestRuntime,
  | 'createVolume'
  | 'copyVolume'
  | 'renameVolume'
  | 'deleteVolume'
  | 'snapshotVolume'
  | 'rollbackVolume'
  | 'deleteVolumeSnapshot'
>

export interface StoragesOptions {
  readonly configs: readonly StorageConfig[]
  readonly volumes: VolumeTable
  readonly guests: VolumeRuntime
  /** Milliseconds since the epoch. */
  now(): number
}

/** Where a volume operation happens, and who gets the lines that the storage tools print. */
export interface VolumeContext {
  readonly node: string
  print(line: string): void
}

/** All storages of the cluster with their volumes. Errors are ApiErrors (500 unless told) in Proxmox's words. */
export class Storages extends VolumeDirectory {
  readonly #guests: VolumeRuntime

  constructor({ configs, volumes, now, guests }: StoragesOptions) {
    super(configs, volumes, now)
    this.#guests = guests
  }

  /** What has to be held while volumes of the storage come and go. */
  lock(id: string): StorageLock {
    return storageLock(this.config(id))
  }

  /**
   * Makes a new disk, size in bytes, and answers its volume id. `osTemplate` fills it; `name` is its own, without the folder
   * (`vm-101-disk-7.raw`), instead of the next free one.
   */
  async allocate(
    request: {
      readonly storage: string
      readonly vmid: number
      readonly size: number
      readonly osTemplate?: string
      readonly name?: string
    },
    context: VolumeContext,
  ): Promise<string> {
    const { storage, vmid, size, osTemplate, name } = request
    const config = this.get(storage, context.node)
    const plugin = this.plugin(storage)
    const osTemplateSize = osTemplate === undefined ? 0 : this.requireVolume(osTemplate, context.node).size
    const used = plugin.thick === true ? size : thinUsage(size, osTemplateSize)
    const format = plugin.diskFormat(size)
    const number = name === undefined ? undefined : this.numberOf(name, vmid, config)
    const disk = this.newDisk(config, context.node, {
      vmid,
      format,
      size,
      used,
      ...(number !== undefined && { number }),
    })
    print(context, plugin.output.created(this.toolDisk(disk)))
    if (disk.format === 'raw') context.print(fileSystemLine(size))
    const content = osTemplate === undefined ? 'empty' : { osTemplate }
    await this.#filling(disk, this.#guests.createVolume(disk.volid, content))
    return disk.volid
  }

  /** Makes a disk the base of linked clones; its new volume id. 500 `Template feature is not available for 'x'`. */
  async createBase(volid: string, context: VolumeContext): Promise<string> {
    const volume = this.requireVolume(volid, context.node)
    const { disk, plugin, id } = this.parsed(volid)
    if (disk.isBase) die('create_base not possible with base image')
    if (!this.hasFeature('template', volid)) die(`Template feature is not available for '${volid}'`)
    const veto = plugin.baseVeto?.(volume, id)
    if (veto !== undefined) die(veto)
    const base = { ...volume, volid: `${id.storage}:${plugin.naming.print({ ...disk, isBase: true })}` }
    await this.#guests.renameVolume(volid, base.volid)
    this.volumes.remove(volume)
    this.volumes.put(base)
    print(context, plugin.output.renamed(this.toolDisk(volume), this.toolDisk(base)))
    return base.volid
  }

  /** Gives a disk to another container, under the lowest number that is free there; its new volume id. */
  async rename(volid: string, vmid: number, context: VolumeContext): Promise<string> {
    const volume = this.requireVolume(volid, context.node)
    const { disk, plugin, id } = this.parsed(volid)
    const number = this.freeNumber(this.config(id.storage), context.node, vmid)
    const name = plugin.naming.print({ ...disk, vmid, number })
    const renamed = { ...volume, vmid, volid: `${id.storage}:${name}` }
    await this.#guests.renameVolume(volid, renamed.volid)
    this.volumes.remove(volume)
    this.volumes.put(renamed)
    print(context, plugin.output.renamed(this.toolDisk(volume), this.toolDisk(renamed)))
    return renamed.volid
  }

  /** 500 `Linked clone feature for 'x' is not available`. */
  checkLinkedClone(volid: string, snapname?: string): void {
    if (!this.hasFeature('clone', volid, snapname)) die(`Linked clone feature for '${volid}' is not available`)
  }

  /** A disk that shares what it can with the base, disk or snapshot it is made from; its volume id. */
  async linkedClone(volid: string, vmid: number, context: VolumeContext, snapname?: string): Promise<string> {
    const source = this.requireVolume(volid, context.node)
    const { disk, plugin, id } = this.parsed(volid)
    if (!disk.isBase && !plugin.features(disk.format).clone.includes(snapname === undefined ? 'current' : 'snap')) {
      die('clone_image only works on base images')
    }
    const config = this.get(id.storage, context.node)
    const base = plugin.protectsBase && disk.isBase ? { name: imageName(disk), volid } : undefined
    const clone = this.newDisk(config, context.node, {
      vmid,
      format: disk.format,
      size: source.size,
      used: DELTA,
      base,
    })
    print(context, plugin.output.cloned(this.toolDisk(source), this.toolDisk(clone)))
    await this.#filling(clone, this.#guests.copyVolume(copySource(volid, snapname), clone.volid))
    return clone.volid
  }

  /** A disk of its own with the content of another one, or of its snapshot, on the same or another storage; its volume id. */
  async fullClone(
    volid: string,
    target: { readonly storage?: string; readonly vmid: number; readonly snapname?: string },
    context: VolumeContext,
  ): Promise<string> {
    const source = this.requireVolume(volid, context.node)
    const config = this.get(target.storage ?? source.storage, context.node)
    const plugin = this.plugin(config.id)
    const { vmid } = target
    const format = plugin.diskFormat(source.size)
    const used = plugin.thick === true ? source.size : this.#copiedUsage(source, context.node)
    const copy = this.newDisk(config, context.node, { vmid, format, size: source.size, used })
    print(context, plugin.output.created(this.toolDisk(copy)))
    if (format === 'raw') context.print(fileSystemLine(source.size))
    await this.#filling(copy, this.#guests.copyVolume(copySource(volid, target.snapname), copy.volid))
    return copy.volid
  }

  async snapshot(volid: string, name: string, context: VolumeContext): Promise<void> {
    const volume = this.requireVolume(volid, context.node)
    const { plugin } = this.parsed(volid)
    this.checkSpace(this.config(volume.storage), context.node, volume, DELTA)
    await this.#guests.snapshotVolume(volid, name)
    const { snapshots, used } = this.requireVolume(volid, context.node)
    const taken = [...snapshots, { name, ctime: this.seconds() }]
    this.volumes.put({ ...volume, snapshots: taken, used: used + DELTA })
    print(context, plugin.output.snapshotCreated(this.toolDisk(volume), name))
  }

  /** The storage's veto before a rollback touches anything (PVE-FACTS 6.2). */
  checkRollback(volid: string, name: string, node: string): void {
    const veto = this.parsed(volid).plugin.rollbackVeto(this.requireVolume(volid, node), name)
    if (veto !== undefined) die(veto)
  }

  async rollback(volid: string, name: string, context: VolumeContext): Promise<void> {
    this.checkRollback(volid, name, context.node)
    await this.#guests.rollbackVolume(volid, name)
    const volume = this.requireVolume(volid, context.node)
    print(context, this.parsed(volid).plugin.output.rolledBack(this.toolDisk(volume), name))
  }

  /** Does nothing when the volume has no such snapshot. */
  async deleteSnapshot(volid: string, name: string, context: VolumeContext): Promise<void> {
    const hasSnapshot = this.requireVolume(volid, context.node).snapshots.some((snapshot) => snapshot.name === name)
    if (!hasSnapshot) return
    await this.#guests.deleteVolumeSnapshot(volid, name)
    const volume = this.requireVolume(volid, context.node)
    const snapshots = volume.snapshots.filter((snapshot) => snapshot.name !== name)
    this.volumes.put({ ...volume, snapshots, used: Math.max(0, volume.used - DELTA) })
    print(context, this.parsed(volid).plugin.output.snapshotRemoved(this.toolDisk(volume), name))
  }

  /** Deletes a volume with its snapshots; a missing one is only a line in the log. 500 for a base that linked clones depend on. */
  async free(volid: string, context: VolumeContext): Promise<void> {
    const { storage, name } = parseVolumeId(volid)
    this.get(storage, context.node)
    const volume = this.volume(volid, context.node)
    if (volume === undefined) {
      this.contentOf(volid)
      context.print(`disk image '${this.path(volid)}' does not exist`)
      return
    }
    if (this.volumes.hasClones(volume)) die(`base volume '${name}' is still in use by linked clones`)
    if (volume.vmid !== undefined) await this.#guests.deleteVolume(volid)
    this.volumes.remove(volume)
    const names = volume.snapshots.map((snapshot) => snapshot.name)
    if (volume.vmid !== undefined) print(context, this.plugin(storage).output.removed(this.toolDisk(volume), names))
  }

  /** Size in bytes. */
  async resize(volid: string, size: number, context: VolumeContext): Promise<void> {
    const volume = this.requireVolume(volid, context.node)
    const grows = this.plugin(volume.storage).thick === true ? size - volume.size : 0
    this.checkSpace(this.config(volume.storage), context.node, volume, grows)
    this.volumes.put({ ...volume, size, used: volume.used + grows })
  }

  /** Waits until the disk has its content; a disk that gets none is gone. */
  async #filling(disk: Volume, content: Promise<void>): Promise<void> {
    try {
      await content
    } catch (error) {
      this.volumes.remove(disk)
      throw error
    }
  }

  /** A full copy of a linked clone takes the space of what it shared, too. */
  #copiedUsage(source: Volume, node: string): number {
    const base = source.base === undefined ? undefined : this.volume(source.base, node)
    return Math.min(source.size || Number.POSITIVE_INFINITY, source.used + (base?.used ?? 0))
  }
}

function print(context: VolumeContext, lines: readonly string[]): void {
  for (const line of lines) context.print(line)
}

function copySource(volume: string, snapshot: string | undefined) {
  return snapshot === undefined ? { volume } : { volume, snapshot }
}

/** First line of mkfs.ext4. */
function fileSystemLine(size: number): string {
  return `Creating filesystem with ${Math.floor(size / 4096)} 4k blocks and ${Math.floor(size / 16384)} inodes`
}
