import { die } from '../api/api-error.js'
import { byVolumeId, type ContentEntry, contentEntry } from './content-list.js'
import type { DiskName } from './disk-name.js'
import type { FeatureSource, StoragePlugin, ToolDisk, VolumeFeature } from './plugins/plugin.js'
import type { StorageConfig } from './storage-config.js'
import { StorageDirectory } from './storage-directory.js'
import {
  type DiskFormat,
  parseVolumeId,
  type Volume,
  type VolumeFormat,
  type VolumeId,
  type VolumeTable,
} from './volume.js'
import { VolumeIndex } from './volume-index.js'

export interface StorageUsage {
  /** Bytes. */
  readonly total: number
  readonly used: number
  readonly avail: number
  readonly active: 0 | 1
  readonly enabled: 0 | 1
}

export interface NewDisk {
  readonly vmid: number
  readonly format: DiskFormat
  /** Bytes. */
  readonly size: number
  readonly used: number
  /** N of `-disk-N`. Default: the lowest that is free. */
  readonly number?: number
  /** The base of a linked clone, where its volume id carries it. */
  readonly base?: { readonly name: string; readonly volid: string } | undefined
}

/** What lies on the storages: volumes by id and by owner, what can be done with them, and the space they take. */
export class VolumeDirectory extends StorageDirectory {
  protected readonly volumes: VolumeIndex
  readonly #now: () => number

  /** `now` in milliseconds since the epoch. */
  constructor(configs: readonly StorageConfig[], volumes: VolumeTable, now: () => number) {
    super(configs)
    this.volumes = new VolumeIndex(volumes)
    this.#now = now
  }

  volume(volid: string, node: string): Volume | undefined {
    const config = this.find(parseVolumeId(volid).storage)
    return config === undefined ? undefined : this.volumes.find(volid, place(config, node))
  }

  /** 500 `volume 'x' does not exist`. */
  requireVolume(volid: string, node: string): Volume {
    return this.volume(volid, node) ?? die(`volume '${volid}' does not exist`)
  }

  /** The volume id of the OS template that lies at a path of the node. */
  osTemplateAt(path: string, node: string): string | undefined {
    for (const config of this.all()) {
      for (const { volid, content } of this.volumes.on(config.id, place(config, node))) {
        if (content === 'vztmpl' && this.path(volid) === path) return volid
      }
    }
    return undefined
  }

  /** Registers a file such as an OS template; bytes. */
  addFile(volid: string, node: string, size: number): Volume {
    const content = this.contentOf(volid)
    const config = this.config(parseVolumeId(volid).storage)
    const file = { ...this.#newVolume(volid, config, node), content, format: fileFormat(volid), size, used: size }
    this.volumes.put(file)
    return file
  }

  /** Whether a disk, or its snapshot, can be used so (PVE-FACTS 6.1). */
  hasFeature(feature: VolumeFeature, volid: string, snapname?: string): boolean {
    const { disk, plugin } = this.parsed(volid)
    const source: FeatureSource = snapname === undefined ? (disk.isBase ? 'base' : 'current') : 'snap'
    return plugin.features(disk.format)[feature].includes(source)
  }

  /** What lies on a storage, sorted by volume id. */
  list(
    storage: string,
    node: string,
    filter: { readonly content?: string; readonly vmid?: number } = {},
  ): readonly ContentEntry[] {
    const plugin = this.plugin(storage)
    const entries: ContentEntry[] = []
    for (const volume of this.volumes.on(storage, place(this.config(storage), node), filter.vmid)) {
      if (filter.content === undefined || volume.content === filter.content) entries.push(contentEntry(volume, plugin))
    }
    return entries.sort(byVolumeId)
  }

  usage(storage: string, node: string): StorageUsage {
    const config = this.config(storage)
    if (config.disabled === true || (config.nodes !== undefined && !config.nodes.includes(node))) {
      return { total: 0, used: 0, avail: 0, active: 0, enabled: 0 }
    }
    const used = this.volumes.used(storage, place(config, node))
    return { total: config.total, used, avail: Math.max(0, config.total - used), active: 1, enabled: 1 }
  }

  /** Volume ids of a container on all storages of a node. */
  ownedBy(vmid: number, node: string): readonly string[] {
    return this.all().flatMap((config) =>
      [...this.volumes.on(config.id, place(config, node), vmid)].map(({ volid }) => volid),
    )
  }

  /** Looks at the table anew, after its values were replaced from outside. */
  reindex(): void {
    this.volumes.reindex()
  }

  /** A record for a disk under the lowest number that is free: made before its content, so that nobody takes the name. */
  protected newDisk(config: StorageConfig, node: string, disk: NewDisk): Volume {
    const { vmid, format, size, used, base } = disk
    const number = disk.number ?? this.freeNumber(config, node, vmid)
    const diskName: DiskName = { vmid, number, format, isBase: false, ...(base && { base: base.name }) }
    const volid = `${config.id}:${this.plugin(config.id).naming.print(diskName)}`
    const volume = {
      ...this.#newVolume(volid, config, node),
      vmid,
      format,
      size,
      used,
      ...(base && { base: base.volid }),
    }
    if (this.volume(volid, node) !== undefined) die(`disk image '${this.path(volid)}' already exists`)
    this.checkSpace(config, node, volume, used)
    this.volumes.put(volume)
    return volume
  }

  /** N of a given `vm-101-disk-N`. 500 when the name is none that a disk of this container may have. */
  protected numberOf(name: string, vmid: number, config: StorageConfig): number {
    const { naming, nameKind } = this.plugin(config.id)
    const isFile = nameKind === 'directory'
    if (isFile && !/^[^/\s]+\.(?:raw|qcow2|vmdk|subvol)$/.test(name)) die(`unable to parse volume filename '${name}'`)
    const disk = naming.parse(isFile ? `${vmid}/${name}` : name)
    if (disk === undefined || disk.vmid !== vmid) return die(`illegal name '${name}' - should be 'vm-${vmid}-*'`)
    return disk.number
  }

  /** The lowest N of `-disk-N` that no volume of the container has. */
  protected freeNumber(config: StorageConfig, node: string, vmid: number): number {
    const { naming } = this.plugin(config.id)
    const taken = new Set<number>()
    for (const { volid } of this.volumes.on(config.id, place(config, node), vmid)) {
      const disk = naming.parse(parseVolumeId(volid).name)
      if (disk !== undefined) taken.add(disk.number)
    }
    let number = 0
    while (taken.has(number)) number += 1
    return number
  }

  #newVolume(volid: string, config: StorageConfig, node: string): Omit<Volume, 'format' | 'size' | 'used'> {
    const where = config.shared ? {} : { node }
    return { volid, storage: config.id, ...where, content: 'rootdir', ctime: this.seconds(), snapshots: [] }
  }

  protected checkSpace(config: StorageConfig, node: string, volume: Volume, needed: number): void {
    const free = this.usage(config.id, node).avail
    if (needed > free) die(this.plugin(config.id).full({ ...this.toolDisk(volume), free }))
  }

  protected parsed(volid: string): { readonly id: VolumeId; readonly plugin: StoragePlugin; readonly disk: DiskName } {
    const id = parseVolumeId(volid)
    const plugin = this.plugin(id.storage)
    const disk = plugin.naming.parse(id.name)
    if (disk === undefined) return die(`unable to parse ${plugin.nameKind} volume name '${id.name}'`)
    return { id, plugin, disk }
  }

  protected toolDisk({ volid, size }: Volume): ToolDisk {
    return { name: parseVolumeId(volid).name, path: this.path(volid), size }
  }

  protected seconds(): number {
    return Math.floor(this.#now() / 1000)
  }
}

/** Volumes of a shared storage belong to no node. */
function place(config: StorageConfig, node: string): string | undefined {
  return config.shared ? undefined : node
}

const ARCHIVE_FORMATS: Readonly<Record<string, VolumeFormat>> = {
  gz: 'tgz',
  xz: 'txz',
  zst: 'tzst',
  bz2: 'tbz2',
  tar: 'tar',
}

function fileFormat(volid: string): VolumeFormat {
  const extension = volid.slice(volid.lastIndexOf('.') + 1)
  return ARCHIVE_FORMATS[extension] ?? (volid.includes(':iso/') ? 'iso' : 'snippet')
}
