import type { StorageConfig } from '../../../../src/lib/simulator/storage/storage-config.js'
import { Storages, type VolumeContext, type VolumeRuntime } from '../../../../src/lib/simulator/storage/storages.js'
import type { Volume } from '../../../../src/lib/simulator/storage/volume.js'

/** Contents of volumes as plain texts; every call for a volume that is not there is an error, as with a real file system. */
class TextVolumes implements VolumeRuntime {
  readonly contents = new Map<string, { text: string; readonly snapshots: Map<string, string> }>()

  async createVolume(volume: string, source: { readonly osTemplate: string } | 'empty'): Promise<void> {
    this.#add(volume, source === 'empty' ? '' : source.osTemplate)
  }

  async copyVolume(from: { readonly volume: string; readonly snapshot?: string }, to: string): Promise<void> {
    const { text, snapshots } = this.#get(from.volume)
    this.#add(to, from.snapshot === undefined ? text : (snapshots.get(from.snapshot) ?? fail(from.snapshot)))
  }

  async renameVolume(from: string, to: string): Promise<void> {
    const content = this.#get(from)
    this.contents.delete(from)
    this.contents.set(to, content)
  }

  async deleteVolume(volume: string): Promise<void> {
    this.#get(volume)
    this.contents.delete(volume)
  }

  async snapshotVolume(volume: string, snapshot: string): Promise<void> {
    const { text, snapshots } = this.#get(volume)
    snapshots.set(snapshot, text)
  }

  async rollbackVolume(volume: string, snapshot: string): Promise<void> {
    const content = this.#get(volume)
    content.text = content.snapshots.get(snapshot) ?? fail(snapshot)
  }

  async deleteVolumeSnapshot(volume: string, snapshot: string): Promise<void> {
    if (!this.#get(volume).snapshots.delete(snapshot)) fail(snapshot)
  }

  read(volume: string): string {
    return this.#get(volume).text
  }

  write(volume: string, text: string): void {
    this.#get(volume).text = text
  }

  #get(volume: string) {
    return this.contents.get(volume) ?? fail(volume)
  }

  #add(volume: string, text: string): void {
    if (this.contents.has(volume)) throw new Error(`${volume} is there already`)
    this.contents.set(volume, { text, snapshots: new Map() })
  }
}

function fail(what: string): never {
  throw new Error(`there is no ${what}`)
}

export const GIB = 1024 ** 3
export const OS_TEMPLATE = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'

/** The storages of a node `pve1` of two, with a place for what the storage tools print. */
export function storageNode(...configs: readonly StorageConfig[]) {
  const guests = new TextVolumes()
  const volumes = new Map<string, Volume>()
  const lines: string[] = []
  const storages = new Storages({ configs, volumes, guests, now: () => 1_700_000_000_500 })
  if (storages.find('local') !== undefined) storages.addFile(OS_TEMPLATE, 'pve1', 2 * 1024 ** 2)
  const context: VolumeContext = { node: 'pve1', print: (line) => lines.push(line) }
  /** What was printed since the last call. */
  const printed = () => lines.splice(0)
  return { storages, guests, volumes, context, printed }
}
