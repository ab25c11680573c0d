import type { Table } from '../store.js'

/** What the engine knows of the content of a volume, beside what its storage knows. */
export interface VolumeFact {
  /** The operating system inside: `debian`… */
  readonly ostype?: string
  /** Version of systemd inside; absent: another init. */
  readonly systemd?: number
  /** The file system was not unmounted: the next mount of a raw volume waits in ext4's multi-mount protection (PVE-FACTS 3.8). */
  readonly mounted?: boolean
}

/** Facts of volumes and of their snapshots, which have those of the moment they were taken. */
export class VolumeFacts {
  readonly #table: Table<VolumeFact>

  constructor(table: Table<VolumeFact>) {
    this.#table = table
  }

  get(volid: string, snapshot?: string): VolumeFact {
    return this.#table.get(key(volid, snapshot)) ?? {}
  }

  set(volid: string, fact: VolumeFact): void {
    this.#table.set(volid, fact)
  }

  setMounted(volid: string, mounted: boolean): void {
    if (this.get(volid).mounted !== mounted) this.set(volid, { ...this.get(volid), mounted })
  }

  copy(
    from: { readonly volid: string; readonly snapshot?: string },
    to: { readonly volid: string; readonly snapshot?: string },
  ): void {
    this.#table.set(key(to.volid, to.snapshot), this.get(from.volid, from.snapshot))
  }

  rename(from: string, to: string): void {
    if (from === to) return
    this.copy({ volid: from }, { volid: to })
    this.forget(from)
  }

  forget(volid: string, snapshot?: string): void {
    this.#table.delete(key(volid, snapshot))
  }
}

const key = (volid: string, snapshot: string | undefined) => (snapshot === undefined ? volid : `${volid}@${snapshot}`)
