import type { Api } from './api.js'
import { vmid } from './container-readers.js'
import { type IndexEntry, indexEntry } from './index-entry.js'
import { flag, listOf, number, object, type Reader, text, WireError, words } from './reader.js'
import { type TaskEntry, taskEntry } from './task-data.js'
import type { Vmid } from './vmid.js'

/** One entry of the cluster's index. Tags and lock are live; status, name and numbers lag by up to 10 s (PVE-FACTS 5). */
export interface ClusterResource {
  readonly id: string
  /** `lxc`, `qemu`, `node`, `storage`, `pool`, … */
  readonly type: string
  readonly node?: string
  readonly vmid?: Vmid
  /** Absent for a container that no node has reported yet. */
  readonly name?: string
  readonly status?: string
  readonly template: boolean
  readonly tags: readonly string[]
  readonly lock?: string
  readonly pool?: string
  readonly storage?: string
  readonly plugintype?: string
  readonly content: readonly string[]
  readonly shared: boolean
  /** Sizes in bytes, uptime in seconds. */
  readonly uptime?: number
  readonly maxcpu?: number
  readonly mem?: number
  readonly maxmem?: number
  readonly disk?: number
  readonly maxdisk?: number
}

export interface ClusterStatus {
  /** Absent on a node that is in no cluster. */
  readonly name?: string
  readonly quorate: boolean
  readonly nodes: readonly ClusterMember[]
}

export interface ClusterMember {
  readonly name: string
  readonly online: boolean
  /** Whether it is the node that answered. */
  readonly local: boolean
  readonly ip?: string
}

export type ResourceType = 'vm' | 'storage' | 'node' | 'sdn'

/** What concerns all nodes (PVE-FACTS 5). */
export class Cluster {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** The index of everything that the token may see. */
  resources(type?: ResourceType): Promise<readonly ClusterResource[]> {
    return this.#api.get('/cluster/resources', listOf(resource), { query: { type } })
  }

  /** The same as it came, for those who look at thousands of entries again and again. */
  index(): Promise<readonly IndexEntry[]> {
    return this.#api.get('/cluster/resources', (value, where) => {
      if (!Array.isArray(value)) throw new WireError(`${where} is no list`)
      // No text is made for entries that are as they should be.
      return value.map((entry: unknown) => indexEntry(entry, where))
    })
  }

  /** The lowest free VMID. Nothing is reserved: creating the container is what takes it. */
  nextId(): Promise<Vmid> {
    return this.#api.get('/cluster/nextid', vmid)
  }

  /** Needs Sys.Audit on `/`. */
  async status(): Promise<ClusterStatus> {
    const entries = await this.#api.get('/cluster/status', listOf(member))
    const cluster = entries.find((entry) => entry.type === 'cluster')
    return {
      ...(cluster !== undefined && { name: cluster.name }),
      quorate: cluster?.quorate ?? true,
      nodes: entries.filter((entry) => entry.type === 'node').map(({ type, quorate, ...node }) => node),
    }
  }

  /** Recent tasks of all nodes: the running ones and up to 25 ended ones a node. */
  tasks(): Promise<readonly TaskEntry[]> {
    return this.#api.get('/cluster/tasks', listOf(taskEntry))
  }
}

const resource: Reader<ClusterResource> = object((fields) => ({
  id: fields.get('id', text),
  type: fields.get('type', text),
  ...fields.optional('node', text),
  ...fields.optional('vmid', vmid),
  ...fields.optional('name', text),
  ...fields.optional('status', text),
  template: fields.get('template', flag),
  tags: fields.get('tags', words),
  ...fields.optional('lock', text),
  ...fields.optional('pool', text),
  ...fields.optional('storage', text),
  ...fields.optional('plugintype', text),
  content: fields.get('content', words),
  shared: fields.get('shared', flag),
  ...fields.optional('uptime', number),
  ...fields.optional('maxcpu', number),
  ...fields.optional('mem', number),
  ...fields.optional('maxmem', number),
  ...fields.optional('disk', number),
  ...fields.optional('maxdisk', number),
}))

const member = object((fields) => ({
  type: fields.get('type', text),
  name: fields.get('name', text),
  quorate: fields.get('quorate', flag),
  online: fields.get('online', flag),
  local: fields.get('local', flag),
  ...fields.optional('ip', text),
}))
