import { die, parameterError } from '../api/api-error.js'
import type { DiskName } from './disk-name.js'
import type { StoragePlugin } from './plugins/plugin.js'
import { PLUGINS } from './plugins/plugins.js'
import type { StorageConfig, StorageContent } from './storage-config.js'
import { isVolumeId, parseVolumeId, type VolumeId } from './volume.js'

/** storage.cfg: which storages there are, and who may use them for what. Errors are ApiErrors in Proxmox's words. */
export class StorageDirectory {
  readonly #configs: ReadonlyMap<string, StorageConfig>

  constructor(configs: readonly StorageConfig[]) {
    this.#configs = new Map(configs.map((config) => [config.id, config]))
  }

  /** All storages in the order of storage.cfg. */
  all(): readonly StorageConfig[] {
    return [...this.#configs.values()]
  }

  find(id: string): StorageConfig | undefined {
    return this.#configs.get(id)
  }

  /** 500 `storage 'x' does not exist`. */
  config(id: string): StorageConfig {
    return this.find(id) ?? die(`storage '${id}' does not exist`)
  }

  plugin(id: string): StoragePlugin {
    return PLUGINS[this.config(id).type]
  }

  /** The storage if it can be used on the node: else 500, it does not exist, is disabled, is not available there (PVE-FACTS 3.2). */
  get(id: string, node: string): StorageConfig {
    const config = this.config(id)
    if (config.disabled === true) die(`storage '${id}' is disabled`)
    if (config.nodes !== undefined && !config.nodes.includes(node)) {
      die(`storage '${id}' is not available on node '${node}'`)
    }
    return config
  }

  /** As get, and 400 errors.storage unless containers may live there. */
  checkContainerStorage(id: string, node: string): StorageConfig {
    const config = this.get(id, node)
    if (!config.content.includes('rootdir')) {
      throw parameterError({ storage: `storage '${id}' does not support container directories` })
    }
    return config
  }

  /** What making a disk fails with where containers may not live: 500 `content type 'rootdir' is not available or configured on storage 'x'`. */
  checkAllocatable(id: string): void {
    if (!this.config(id).content.includes('rootdir')) {
      die(`content type 'rootdir' is not available or configured on storage '${id}'`)
    }
  }

  /** 500 `storage 'x' does not allow content type 'rootdir' (Container)` (PVE-FACTS 3.5). */
  checkContentType(id: string, content: StorageContent): void {
    if (!this.config(id).content.includes(content)) {
      die(`storage '${id}' does not allow content type '${content}' (Container)`)
    }
  }

  /**
   * 500 unless the volume id is one of an OS template, or of a backup (PVE-FACTS 3.2). Whether the file exists is not looked at. A path on
   * the node is refused: it is the business of root@pam alone, which need not ask.
   */
  checkArchive(volid: string, content: 'vztmpl' | 'backup'): VolumeId {
    const id = grantedVolumeId(volid)
    if (this.contentOf(volid) !== content) {
      die(`unable to use volume ${volid} - content type needs to be '${content}'`)
    }
    return id
  }

  /** The disk that a volume id names, whether it exists or not. 500 when it is no container's. */
  containerVolume(volid: string): DiskName {
    const { storage, name } = grantedVolumeId(volid)
    if (this.contentOf(volid) !== 'rootdir') {
      die(`unable to use volume ${volid} - content type needs to be 'rootdir'`)
    }
    return this.plugin(storage).naming.parse(name) ?? die(`unable to parse volume ID '${volid}'`)
  }

  /** What a volume id names. 500 `unable to parse directory volume name 'x'`, or the word of its type of storage. */
  contentOf(volid: string): StorageContent {
    const { storage, name } = parseVolumeId(volid)
    const { naming, nameKind } = this.plugin(storage)
    const file = nameKind === 'directory' ? fileContent(name) : undefined
    if (file !== undefined) return file
    if (naming.parse(name) === undefined) die(`unable to parse ${nameKind} volume name '${name}'`)
    return 'rootdir'
  }

  /** The container whose disk a volume id names, there or not; undefined for files. Throws as contentOf does. */
  owner(volid: string): number | undefined {
    if (this.contentOf(volid) !== 'rootdir') return undefined
    const { storage, name } = parseVolumeId(volid)
    return this.plugin(storage).naming.parse(name)?.vmid
  }

  /** Where a volume is to be found on its node. */
  path(volid: string): string {
    const { storage, name } = parseVolumeId(volid)
    return this.plugin(storage).path(this.config(storage), name)
  }
}

/** What is no volume id is taken for a path on the node, which none but root@pam may name. */
function grantedVolumeId(volid: string): VolumeId {
  if (!isVolumeId(volid)) {
    die('Only root can pass arbitrary filesystem paths. at /usr/share/perl5/PVE/Storage.pm line 651.')
  }
  return parseVolumeId(volid)
}

function fileContent(name: string): StorageContent | undefined {
  if (/^vztmpl\/[^/]+\.tar(?:\.(?:gz|xz|zst|bz2))?$/.test(name)) return 'vztmpl'
  if (/^iso\/[^/]+\.(?:iso|img)$/i.test(name)) return 'iso'
  if (/^backup\/[^/]+$/.test(name)) return 'backup'
  return /^snippets\/[^/]+$/.test(name) ? 'snippets' : undefined
}
