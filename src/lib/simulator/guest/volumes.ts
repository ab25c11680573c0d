import type { TreeHolder } from './files/file-system.js'
import { type DirectoryNode, directory, sizeOf } from './files/tree.js'
import type { VolumeId } from './guest-runtime.js'
import { hostSystem } from './os/host.js'
import { osTemplate } from './os/templates.js'
import { imageOf, type VolumeImage, volumesOf } from './volume-image.js'

/** One disk: its present content and its snapshots, all of which share what they have in common. */
interface Volume extends TreeHolder {
  readonly snapshots: Map<string, DirectoryNode>
  /** The root that `bytes` was counted for. */
  counted?: { readonly root: DirectoryNode; readonly bytes: number }
}

/** The disks of all containers. A clone, a copy or a snapshot is a reference to a tree that never changes. */
export class Volumes {
  readonly #volumes = new Map<VolumeId, Volume>()
  readonly #templates = new Map<string, DirectoryNode>()

  /** The content of a template is made once and shared by all. */
  create(volume: VolumeId, source: { readonly osTemplate: string } | 'empty'): void {
    this.#volumes.set(volume, {
      root: source === 'empty' ? directory() : this.#template(source.osTemplate),
      snapshots: new Map(),
    })
  }

  copy(from: VolumeId, snapshot: string | undefined, to: VolumeId): void {
    const source = this.#need(from)
    this.#volumes.set(to, {
      root: snapshot === undefined ? source.root : this.#snapshot(from, snapshot),
      snapshots: new Map(),
    })
  }

  rename(from: VolumeId, to: VolumeId): void {
    const volume = this.#need(from)
    this.#volumes.delete(from)
    this.#volumes.set(to, volume)
  }

  delete(volume: VolumeId): void {
    this.#volumes.delete(volume)
  }

  snapshot(volume: VolumeId, name: string): void {
    const found = this.#need(volume)
    found.snapshots.set(name, found.root)
  }

  rollback(volume: VolumeId, name: string): void {
    this.#need(volume).root = this.#snapshot(volume, name)
  }

  deleteSnapshot(volume: VolumeId, name: string): void {
    this.#need(volume).snapshots.delete(name)
  }

  /** The disk of a node itself, which is there from the beginning. */
  hostDisk(node: string): TreeHolder {
    const id = `host ${node}`
    const disk = this.#volumes.get(id) ?? { root: hostSystem(node), snapshots: new Map() }
    this.#volumes.set(id, disk)
    return disk
  }

  /** The volume as something a file system can be put on. */
  holder(volume: VolumeId): TreeHolder {
    return this.#need(volume)
  }

  usedBytes(volume: VolumeId): number {
    const found = this.#need(volume)
    if (found.counted?.root !== found.root) found.counted = { root: found.root, bytes: sizeOf(found.root).bytes }
    return found.counted.bytes
  }

  /** Everything, as one JSON value. */
  save(): VolumeImage {
    return imageOf(this.#volumes)
  }

  /** Takes over what `save` answered. */
  load(state: unknown): void {
    this.#volumes.clear()
    for (const [id, { root, snapshots }] of volumesOf(state)) {
      this.#volumes.set(id, { root, snapshots: new Map(snapshots) })
    }
  }

  #template(name: string): DirectoryNode {
    const known = this.#templates.get(name) ?? osTemplate(name)
    this.#templates.set(name, known)
    return known
  }

  #snapshot(volume: VolumeId, name: string): DirectoryNode {
    const root = this.#need(volume).snapshots.get(name)
    if (root === undefined) throw new Error(`snapshot '${name}' of volume '${volume}' does not exist`)
    return root
  }

  #need(volume: VolumeId): Volume {
    const found = this.#volumes.get(volume)
    if (found === undefined) throw new Error(`volume '${volume}' does not exist`)
    return found
  }
}
