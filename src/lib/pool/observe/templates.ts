import { isCmuxError } from '../../errors.js'
import { storagesOf } from '../../instance/clone-plan.js'
import { isOutdated, replicasOf } from '../../instance/clone-sources.js'
import { revisionOf, traitsOf } from '../../instance/revision.js'
import {
  type ContainerAddress,
  type ContainerConfig,
  type IndexEntry,
  type PveClient,
  toVmid,
  type Vmid,
} from '../../pve/client.js'
import type { ClusterIndex } from './cluster-index.js'

/** A container that clones of a template can be made from: the template itself or a replica of it. */
export interface Source extends ContainerAddress {
  readonly vmid: Vmid
  readonly node: string
  /** As the index said last; the lock of a source that is being cloned is `disk`. */
  readonly lock?: string
  /** MiB. */
  readonly memory: number
  /** Nodes that its clones can be put on: its own, and the others when its storages are shared. */
  readonly reaches: readonly string[]
}

/** A template as seen last. */
export interface TemplateView {
  readonly template: Vmid
  readonly revision: string
  readonly sources: readonly Source[]
}

/** Why there is no view of a template that is wanted. */
export type Absence = 'absent' | 'no-template'

interface Known {
  readonly node: string
  readonly signature: string
  readonly traits: string
  readonly revision: string
  readonly memory: number
  readonly storages: readonly string[]
}

/** What is known of templates and their replicas. A configuration is read again only when its line in the index has changed. */
export class Templates {
  readonly #client: PveClient
  readonly #wanted = new Set<number>()
  readonly #known = new Map<number, Known>()
  #views: ReadonlyMap<number, TemplateView> = new Map()
  #missing: ReadonlyMap<number, Absence> = new Map()

  constructor(client: PveClient) {
    this.#client = client
  }

  /** From now on this template is looked at. */
  want(template: number): void {
    this.#wanted.add(template)
  }

  get wanted(): ReadonlySet<number> {
    return this.#wanted
  }

  get(template: number): TemplateView | undefined {
    return this.#views.get(template)
  }

  all(): readonly TemplateView[] {
    return [...this.#views.values()]
  }

  /** Why a template that is wanted cannot be cloned, as was seen last; undefined: it can, or it was not looked for yet. */
  absence(template: number): Absence | undefined {
    return this.#missing.get(template)
  }

  /** Looks at all that are wanted. One that cannot be read stays as it was known; then the first error is thrown at the end. */
  async refresh(index: ClusterIndex): Promise<void> {
    const views = new Map<number, TemplateView>()
    const missing = new Map<number, Absence>()
    const errors: unknown[] = []
    for (const template of this.#wanted) {
      try {
        const seen = await this.#view(template, index)
        if (typeof seen === 'string') missing.set(template, seen)
        else if (seen !== undefined) views.set(template, seen)
      } catch (error) {
        errors.push(error)
        const [before, absence] = [this.#views.get(template), this.#missing.get(template)]
        if (before !== undefined) views.set(template, before)
        if (absence !== undefined) missing.set(template, absence)
      }
    }
    this.#views = views
    this.#missing = missing
    if (errors.length > 0) throw errors[0]
  }

  /** Reads whether a container is a template at this moment. */
  async isTemplate(address: ContainerAddress): Promise<boolean> {
    return (await configOf(this.#client, address))?.template === true
  }

  /** Reads a source's configuration, right before it is cloned: whether that is still a clone of this revision of the template. */
  async isSource(source: ContainerAddress, template: number, revision: string): Promise<boolean> {
    const config = await configOf(this.#client, source)
    if (config?.template !== true) return false
    return source.vmid === template ? revisionOf(config) === revision : !isOutdated(config.tags, revision)
  }

  /**
   * Our own copy of a source has ended: the lock that a list showed meanwhile was ours and is gone. Should somebody else have it by now, the
   * next clone meets it.
   */
  released(vmid: Vmid): void {
    const isUnlocked = (source: Source) => source.vmid !== vmid || source.lock === undefined
    for (const [template, view] of this.#views) {
      if (view.sources.every(isUnlocked)) continue
      const sources = view.sources.map((source) => (isUnlocked(source) ? source : withoutLock(source)))
      this.#views = new Map([...this.#views, [template, { ...view, sources }]])
    }
  }

  /** It is read again at the next look. */
  forget(vmid: number): void {
    this.#known.delete(vmid)
  }

  async #view(template: number, index: ClusterIndex): Promise<TemplateView | Absence | undefined> {
    const line = index.containers.get(template)
    if (line === undefined) return this.#lookFor(template, index)
    const original = await this.#source(line, index)
    if (original === undefined) return 'no-template'
    const sources = [original.source]
    for (const { vmid } of replicasOf(template, index.templates, original.known.revision)) {
      const replicaLine = index.containers.get(vmid)
      const replica = replicaLine === undefined ? undefined : await this.#source(replicaLine, index)
      if (replica !== undefined && replica.known.traits === original.known.traits) sources.push(replica.source)
    }
    return { template: original.source.vmid, revision: original.known.revision, sources }
  }

  /** The list does not have it. A list may be wrong, so that it is asked for itself; a node that is there says so of any container. */
  async #lookFor(template: number, { nodes, containers }: ClusterIndex): Promise<TemplateView | Absence | undefined> {
    const node = this.#known.get(template)?.node ?? nodes.find(({ online }) => online)?.node
    if (node === undefined) return this.#views.get(template)
    let config: ContainerConfig | undefined
    try {
      config = await configOf(this.#client, { vmid: template, node })
    } catch (error) {
      // Proxmox refuses this alike whether or not there is such a container; a token that sees no container at all has lost its privileges.
      if (!isCmuxError(error, 'forbidden') || containers.size === 0) throw error
    }
    if (config?.template === true) return this.#views.get(template)
    this.#known.delete(template)
    return config === undefined ? 'absent' : 'no-template'
  }

  async #source(line: IndexEntry, index: ClusterIndex): Promise<{ source: Source; known: Known } | undefined> {
    const { vmid, node, lock } = line
    if (vmid === undefined || node === undefined) return undefined
    const known = await this.#read({ vmid, node }, lineSignature(line))
    if (known === undefined) return undefined
    const shared = known.storages.length > 0 && known.storages.every((storage) => index.sharedStorages.has(storage))
    const online = index.nodes.filter((entry) => entry.online).map((entry) => entry.node)
    return {
      known,
      source: {
        vmid: toVmid(vmid),
        node,
        ...(lock !== undefined && { lock }),
        memory: known.memory,
        reaches: online.filter((name) => name === node || (shared && online.includes(node))),
      },
    }
  }

  async #read(address: ContainerAddress, signature: string): Promise<Known | undefined> {
    const before = this.#known.get(address.vmid)
    if (before?.signature === signature) return before
    const config = await configOf(this.#client, address)
    if (config?.template !== true) {
      this.#known.delete(address.vmid)
      return undefined
    }
    const known = {
      node: address.node,
      signature,
      traits: traitsOf(config),
      revision: revisionOf(config),
      memory: Number(config.options['memory'] ?? 512),
      storages: storagesOf(config),
    }
    this.#known.set(address.vmid, known)
    return known
  }
}

const withoutLock = ({ lock: _lock, ...source }: Source): Source => source

/** Of a template: its lock comes and goes with every clone and tells nothing, its sizes do. */
const lineSignature = ({ node, name, template, tags, maxcpu, maxmem, maxdisk }: IndexEntry): string =>
  [node, name, template, tags, maxcpu, maxmem, maxdisk].join('|')

async function configOf(client: PveClient, address: ContainerAddress): Promise<ContainerConfig | undefined> {
  try {
    return await client.containers.config(address)
  } catch (error) {
    if (isCmuxError(error, 'not-found')) return undefined
    throw error
  }
}
