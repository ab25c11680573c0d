import type { Clock } from '../clock.js'
import type { ApiSettings } from '../settings/settings.js'
import type {
  CloneParameters,
  ContainerAddress,
  ContainerConfig,
  ContainerRef,
  ContainerStatus,
  CreateParameters,
  NetworkInterface,
  PendingChange,
  Snapshot,
  UpdateParameters,
} from './container-data.js'
import type { Upid } from './upid.js'
import type { Vmid } from './vmid.js'

export type * from './container-data.js'
export { isUpid, parseUpid, toUpid, type Upid, type UpidParts } from './upid.js'
export { isVmid, toVmid, type Vmid } from './vmid.js'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Path and query, percent-encoded: `/api2/json/version`. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Form-encoded text; absent for GET and DELETE. */
  readonly body?: string
}
export interface HttpAnswer {
  readonly status: number
  readonly reason: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}
export interface Transport {
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>
  close(): Promise<void>
}
export interface PlannedCall {
  readonly method: string
  readonly path: string
  readonly parameters: Readonly<Record<string, string | number>>
}
export interface PveClientOptions {
  readonly clock?: Clock
  readonly transport?: Transport
  /** Told of each call that changes something: before it is sent, or instead of it in a dry run. */
  readonly onCall?: (call: PlannedCall) => void
  /** Told what is missing from an answer, e.g. a node that could not list its containers. */
  readonly onWarning?: (message: string) => void
  readonly dryRun?: boolean
  readonly operationId?: () => string
  /** Once aborted, every call of this client rejects with its reason. */
  readonly signal?: AbortSignal
}

export interface PveVersion {
  readonly version: string
  readonly release: string
  readonly repoid: string
}
export interface NodeEntry {
  readonly node: string
  readonly status: 'online' | 'offline' | 'unknown'
  /** Seconds and bytes; absent without Sys.Audit on the node. */
  readonly uptime?: number
  readonly cpu?: number
  readonly maxcpu?: number
  readonly mem?: number
  readonly maxmem?: number
  readonly disk?: number
  readonly maxdisk?: number
}
export interface NodeStatus {
  readonly uptime: number
  readonly cpu: number
  readonly cpus: number
  readonly loadavg: readonly number[]
  readonly memory: { readonly total: number; readonly used: number; readonly free: number }
  readonly rootfs: { readonly total: number; readonly used: number; readonly free: number }
  readonly kversion: string
  readonly pveversion: string
}
export interface ClusterResource {
  readonly id: string
  readonly type: string
  readonly node?: string
  readonly vmid?: Vmid
  readonly name?: string
  readonly status?: string
  readonly template: boolean
  readonly tags: readonly string[]
  readonly lock?: string
  readonly storage?: string
  readonly pool?: string
  readonly [field: string]: unknown
}
export interface ClusterStatus {
  readonly name?: string
  readonly quorate: boolean
  readonly nodes: readonly {
    readonly name: string
    readonly online: boolean
    readonly local: boolean
    readonly ip?: string
  }[]
}
export interface StorageEntry {
  readonly storage: string
  readonly type: string
  readonly content: readonly string[]
  readonly shared: boolean
  readonly active: boolean
  readonly enabled: boolean
  /** Bytes. */
  readonly total: number
  readonly used: number
  readonly avail: number
}
export interface StorageVolume {
  readonly volid: string
  readonly format: string
  readonly content: string
  readonly size: number
  readonly vmid?: Vmid
  readonly ctime?: number
  readonly parent?: string
  readonly used?: number
}
/** What containers can do on a storage (PVE-FACTS 6.1). */
export interface StorageCapabilities {
  readonly containers: boolean
  readonly osTemplates: boolean
  readonly snapshots: boolean
  readonly rollback: 'any' | 'newest' | 'none'
  readonly templates: boolean
  /** Linked clones of a template. */
  readonly linkedClones: boolean
  /** Whether Proxmox refuses to delete a template that has linked clones. */
  readonly protectsBase: boolean
}
export interface Appliance {
  readonly template: string
  readonly package: string
  readonly version: string
  readonly section: string
  readonly os: string
  readonly architecture: string
  readonly headline: string
}
/** Path -> privilege -> whether it also holds below that path. */
export type Permissions = Readonly<Record<string, Readonly<Record<string, boolean>>>>
export interface PrivilegeNeed {
  readonly path: string
  readonly privileges: readonly string[]
  readonly any?: boolean
}
export interface TaskStatus {
  readonly upid: Upid
  readonly node: string
  readonly type: string
  readonly id: string
  readonly user: string
  readonly starttime: number
  readonly status: 'running' | 'stopped'
  readonly exitStatus?: string
}
export interface TaskEntry {
  readonly upid: Upid
  readonly node: string
  readonly type: string
  readonly id: string
  readonly user: string
  readonly starttime: number
  readonly endtime?: number
  readonly running: boolean
  readonly exitStatus?: string
}
export interface TaskFilter {
  readonly source?: 'archive' | 'active' | 'all'
  readonly vmid?: number
  readonly type?: string
  readonly since?: number
  readonly limit?: number
  readonly errors?: boolean
}
export interface TaskLogLine {
  readonly n: number
  readonly text: string
}
export interface TaskResult {
  readonly upid: Upid
  readonly exitStatus: string
  readonly warnings: readonly string[]
  readonly log: readonly string[]
}
export interface WaitOptions {
  readonly timeout?: number
  readonly signal?: AbortSignal
  readonly onLog?: (line: string) => void
}

export interface PveClient {
  readonly dryRun: boolean
  version(): Promise<PveVersion>
  close(): Promise<void>
  readonly cluster: {
    resources(type?: 'vm' | 'storage' | 'node' | 'sdn'): Promise<readonly ClusterResource[]>
    nextId(): Promise<Vmid>
    status(): Promise<ClusterStatus>
    tasks(): Promise<readonly TaskEntry[]>
  }
  readonly nodes: {
    list(): Promise<readonly NodeEntry[]>
    status(node: string): Promise<NodeStatus>
    bridges(node: string): Promise<readonly string[]>
  }
  readonly containers: {
    find(reference: string | number, options?: { readonly node?: string }): Promise<ContainerRef>
    list(options?: { readonly node?: string }): Promise<readonly ContainerStatus[]>
    status(ct: ContainerAddress): Promise<ContainerStatus>
    config(
      ct: ContainerAddress,
      options?: { readonly current?: boolean; readonly snapshot?: string },
    ): Promise<ContainerConfig>
    pending(ct: ContainerAddress): Promise<readonly PendingChange[]>
    interfaces(ct: ContainerAddress): Promise<readonly NetworkInterface[] | null>
    feature(ct: ContainerAddress, feature: 'snapshot' | 'clone' | 'copy', snapname?: string): Promise<boolean>
    create(node: string, parameters: CreateParameters): Promise<Upid>
    clone(source: ContainerAddress, parameters: CloneParameters): Promise<Upid>
    start(ct: ContainerAddress): Promise<Upid>
    stop(ct: ContainerAddress): Promise<Upid>
    /** `timeout` in seconds, Proxmox's default is 60. */
    shutdown(ct: ContainerAddress, options?: { readonly timeout?: number; readonly forceStop?: boolean }): Promise<Upid>
    reboot(ct: ContainerAddress, options?: { readonly timeout?: number }): Promise<Upid>
    remove(ct: ContainerAddress, options?: { readonly force?: boolean; readonly purge?: boolean }): Promise<Upid>
    update(ct: ContainerAddress, parameters: UpdateParameters): Promise<void>
    resize(ct: ContainerAddress, disk: string, size: string): Promise<Upid>
    /** Waits until the conversion has ended. `timeout` in milliseconds. */
    convertToTemplate(ct: ContainerAddress, options?: WaitOptions): Promise<void>
    migrate(
      ct: ContainerAddress,
      target: string,
      options?: { readonly restart?: boolean; readonly timeout?: number },
    ): Promise<Upid>
  }
  readonly snapshots: {
    list(ct: ContainerAddress): Promise<readonly Snapshot[]>
    create(ct: ContainerAddress, name: string, options?: { readonly description?: string }): Promise<Upid>
    remove(ct: ContainerAddress, name: string, options?: { readonly force?: boolean }): Promise<Upid>
    rollback(ct: ContainerAddress, name: string, options?: { readonly start?: boolean }): Promise<Upid>
    config(ct: ContainerAddress, name: string): Promise<ContainerConfig>
  }
  readonly storages: {
    list(node: string, options?: { readonly content?: string }): Promise<readonly StorageEntry[]>
    content(
      node: string,
      storage: string,
      options?: { readonly content?: string; readonly vmid?: number },
    ): Promise<readonly StorageVolume[]>
    capabilities(storage: { readonly type: string; readonly content: readonly string[] }): StorageCapabilities
  }
  readonly appliances: {
    available(node: string): Promise<readonly Appliance[]>
    download(node: string, storage: string, template: string): Promise<Upid>
  }
  readonly access: { permissions(path?: string): Promise<Permissions> }
  readonly tasks: {
    status(upid: Upid): Promise<TaskStatus>
    log(
      upid: Upid,
      options?: { readonly start?: number; readonly limit?: number },
    ): Promise<{ readonly lines: readonly TaskLogLine[]; readonly total: number }>
    list(node: string, filter?: TaskFilter): Promise<readonly TaskEntry[]>
    wait(upid: Upid, options?: WaitOptions): Promise<TaskResult>
    stop(upid: Upid): Promise<void>
  }
}

export declare function createPveClient(settings: ApiSettings, options?: PveClientOptions): PveClient
/** The needs that `permissions` do not meet, each with the privileges that are missing. */
export declare function missingPrivileges(
  permissions: Permissions,
  needs: readonly PrivilegeNeed[],
): readonly PrivilegeNeed[]
/** The certificate a server shows, without sending any HTTP. */
export interface CertificateFinding {
  readonly fingerprint: string
  readonly subject: string
  readonly issuer: string
  readonly validTo: string
  readonly trusted: boolean
  readonly reason?: string
}
export declare function probeCertificate(
  url: string,
  options?: {
    readonly ca?: string
    readonly fingerprint?: string
    readonly timeout?: number
    readonly signal?: AbortSignal
  },
): Promise<CertificateFinding>
