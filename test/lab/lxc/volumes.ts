import { existsSync } from 'node:fs'
import { readdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import type { VolumeId } from '../../../src/lib/simulator/guest/guest-runtime.js'
import { command } from './command.js'
import { fillRootfs, type OsTemplate, osTemplateOf } from './os-templates.js'

/** Disks as btrfs subvolumes: a copy or a snapshot takes milliseconds, whatever its size. */
export class BtrfsVolumes {
  readonly #disk: string
  readonly #debian: string

  /** `disk`: a mounted btrfs with the folders `volumes` and `templates`; `debian`: see fillRootfs. */
  constructor(disk: string, debian: string) {
    this.#disk = disk
    this.#debian = debian
  }

  /** The folder with a volume's content. */
  path(volume: VolumeId, snapshot?: string): string {
    const name = encodeURIComponent(volume) + (snapshot === undefined ? '' : `@${snapshot}`)
    return join(this.#disk, 'volumes', name)
  }

  async create(volume: VolumeId, source: { readonly osTemplate: string } | 'empty'): Promise<void> {
    if (source === 'empty') return subvolume('create', this.path(volume))
    const template = osTemplateOf(source.osTemplate)
    if (template === undefined) throw new Error(`the lab has no OS template like ${source.osTemplate}`)
    await subvolume('snapshot', await this.#template(template), this.path(volume))
  }

  async copy(from: { readonly volume: VolumeId; readonly snapshot?: string }, to: VolumeId): Promise<void> {
    await subvolume('snapshot', this.path(from.volume, from.snapshot), this.path(to))
  }

  async rename(from: VolumeId, to: VolumeId): Promise<void> {
    for (const snapshot of await this.#snapshots(from)) await rename(this.path(from, snapshot), this.path(to, snapshot))
    await rename(this.path(from), this.path(to))
  }

  async delete(volume: VolumeId): Promise<void> {
    for (const snapshot of await this.#snapshots(volume)) await this.deleteSnapshot(volume, snapshot)
    await subvolume('delete', this.path(volume))
  }

  async snapshot(volume: VolumeId, snapshot: string): Promise<void> {
    await subvolume('snapshot', this.path(volume), this.path(volume, snapshot))
  }

  async rollback(volume: VolumeId, snapshot: string): Promise<void> {
    if (!existsSync(this.path(volume, snapshot))) throw new Error(`${volume} has no snapshot ${snapshot}`)
    await subvolume('delete', this.path(volume))
    await subvolume('snapshot', this.path(volume, snapshot), this.path(volume))
  }

  async deleteSnapshot(volume: VolumeId, snapshot: string): Promise<void> {
    await subvolume('delete', this.path(volume, snapshot))
  }

  async #snapshots(volume: VolumeId): Promise<readonly string[]> {
    const prefix = `${encodeURIComponent(volume)}@`
    const names = await readdir(join(this.#disk, 'volumes'))
    return names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  }

  /** Made at the first use, whoever's that is, and then copied. */
  async #template(template: OsTemplate): Promise<string> {
    const folder = join(this.#disk, 'templates', template)
    if (existsSync(folder)) return folder
    const unfinished = `${folder}.${process.pid}`
    await subvolume('create', unfinished)
    await fillRootfs(unfinished, template, this.#debian)
    await rename(unfinished, folder)
    return folder
  }
}

async function subvolume(...argv: readonly string[]): Promise<void> {
  await command('btrfs', 'subvolume', ...argv)
}
