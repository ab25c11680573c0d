import type { Api } from './api.js'
import { apiPath } from './encoding.js'
import { Fields, listOf, number, object, oneOf, type Reader, text } from './reader.js'

export interface NodeEntry {
  readonly node: string
  readonly status: 'online' | 'offline' | 'unknown'
  /** Seconds, bytes and a fraction of all CPUs; absent without Sys.Audit on the node. */
  readonly uptime?: number
  readonly cpu?: number
  readonly maxcpu?: number
  readonly mem?: number
  readonly maxmem?: number
  readonly disk?: number
  readonly maxdisk?: number
}

/** Sizes in bytes, uptime in seconds, cpu as a fraction. */
export interface NodeStatus {
  readonly uptime: number
  readonly cpu: number
  readonly cpus: number
  readonly loadavg: readonly number[]
  readonly memory: Usage
  readonly rootfs: Usage
  readonly kversion: string
  readonly pveversion: string
}

interface Usage {
  readonly total: number
  readonly used: number
  readonly free: number
}

/** The nodes of the cluster (PVE-FACTS 5). */
export class Nodes {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  list(): Promise<readonly NodeEntry[]> {
    return listNodes(this.#api)
  }

  /** Needs Sys.Audit on the node. */
  status(node: string): Promise<NodeStatus> {
    return this.#api.get(apiPath`/nodes/${node}/status`, nodeStatus)
  }

  /** Names of the bridges that a container can be attached to. */
  bridges(node: string): Promise<readonly string[]> {
    return this.#api.get(apiPath`/nodes/${node}/network`, listOf(bridgeName), { query: { type: 'any_bridge' } })
  }
}

export const listNodes = (api: Api): Promise<readonly NodeEntry[]> => api.get('/nodes', listOf(nodeEntry))

const nodeEntry: Reader<NodeEntry> = object((fields) => ({
  node: fields.get('node', text),
  status: fields.get('status', oneOf('online', 'offline', 'unknown')),
  ...fields.optional('uptime', number),
  ...fields.optional('cpu', number),
  ...fields.optional('maxcpu', number),
  ...fields.optional('mem', number),
  ...fields.optional('maxmem', number),
  ...fields.optional('disk', number),
  ...fields.optional('maxdisk', number),
}))

const usage: Reader<Usage> = object((fields) => ({
  total: fields.get('total', number),
  used: fields.get('used', number),
  free: fields.get('free', number),
}))

const nodeStatus: Reader<NodeStatus> = object((fields) => ({
  uptime: fields.get('uptime', number),
  cpu: fields.get('cpu', number),
  cpus: fields.get('cpuinfo', (value, where) => new Fields(value, where).get('cpus', number)),
  loadavg: fields.get('loadavg', listOf(number)),
  memory: fields.get('memory', usage),
  rootfs: fields.get('rootfs', usage),
  kversion: fields.maybe('kversion', text) ?? '',
  pveversion: fields.maybe('pveversion', text) ?? '',
}))

const bridgeName = object((fields) => fields.get('iface', text))
