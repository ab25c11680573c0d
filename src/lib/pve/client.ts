import type { ApiSettings } from '../settings/settings.js'
import { Access } from './access.js'
import { Api } from './api.js'
import { Appliances } from './appliances.js'
import type { PveClientOptions } from './client-options.js'
import { Cluster } from './cluster.js'
import { Containers } from './containers.js'
import { Nodes } from './nodes.js'
import { object, type Reader, text } from './reader.js'
import { Snapshots } from './snapshots.js'
import { Storages } from './storages.js'
import { Tasks } from './tasks.js'

export { missingPrivileges, type Permissions, type PrivilegeNeed } from './access.js'
export type { Appliance } from './appliances.js'
export { probeCertificate } from './certificate-probe.js'
export type { PlannedCall, PveClientOptions } from './client-options.js'
export type { ClusterMember, ClusterResource, ClusterStatus, ResourceType } from './cluster.js'
export type * from './container-data.js'
export type { FindOptions } from './find.js'
export type { IndexEntry } from './index-entry.js'
export type { NodeEntry, NodeStatus } from './nodes.js'
export { withoutOperationId } from './operation-id.js'
export { roleWith } from './permission-hint.js'
export { type StorageCapabilities, storageCapabilities } from './storage-capabilities.js'
export type { StorageEntry, StorageVolume } from './storages.js'
export { isSuccess, type TaskEntry, type TaskFilter, type TaskStatus } from './task-data.js'
export type { LogRange, TaskLog, TaskLogLine } from './task-log.js'
export type { TaskResult, WaitOptions } from './task-wait.js'
export type { CertificateFinding } from './tls.js'
export type { HttpAnswer, HttpRequest, Transport } from './transport.js'
export { isSyntheticUpid, isUpid, parseUpid, toUpid, type Upid, type UpidParts } from './upid.js'
export { isVmid, toVmid, type Vmid } from './vmid.js'

export interface PveVersion {
  readonly version: string
  readonly release: string
  readonly repoid: string
}

/**
 * A Proxmox VE REST API. Every method may throw a CmuxError: `unauthorised`, `forbidden` (names the missing privilege),
 * `not-found`, `locked`, `exists`, `in-use`, `changed`, `conflict`, `invalid`, `unsupported`, `storage-full`,
 * `unavailable`, `untrusted`, `timeout` or `failed`. Reads are tried again after quick failures; a change whose answer
 * got lost is looked for before anything else is decided.
 */
export class PveClient {
  readonly #api: Api
  readonly access: Access
  readonly appliances: Appliances
  readonly cluster: Cluster
  readonly containers: Containers
  readonly nodes: Nodes
  readonly snapshots: Snapshots
  readonly storages: Storages
  readonly tasks: Tasks

  constructor(settings: ApiSettings, options: PveClientOptions = {}) {
    const api = new Api(settings, options)
    this.#api = api
    this.access = new Access(api)
    this.appliances = new Appliances(api)
    this.cluster = new Cluster(api)
    this.containers = new Containers(api)
    this.nodes = new Nodes(api)
    this.snapshots = new Snapshots(api)
    this.storages = new Storages(api)
    this.tasks = new Tasks(api)
  }

  /** Whether changes are only reported. */
  get dryRun(): boolean {
    return this.#api.dryRun
  }

  /** Milliseconds that the server's clock is ahead of ours, by its last answer, cut to its second; undefined before the first one. */
  get clockOffset(): number | undefined {
    return this.#api.clockOffset
  }

  /** The least that any valid token may ask. */
  version(): Promise<PveVersion> {
    return this.#api.get('/version', version)
  }

  /** Ends its connections; calls that run are given up. */
  close(): Promise<void> {
    return this.#api.close()
  }
}

export const createPveClient = (settings: ApiSettings, options: PveClientOptions = {}): PveClient =>
  new PveClient(settings, options)

const version: Reader<PveVersion> = object((fields) => ({
  version: fields.get('version', text),
  release: fields.get('release', text),
  repoid: fields.get('repoid', text),
}))
