import { CmuxError } from '../errors.js'
import type { Api } from './api.js'
import type {
  CloneParameters,
  ContainerAddress,
  ContainerConfig,
  ContainerRef,
  ContainerStatus,
  CreateParameters,
  NetworkInterface,
  PendingChange,
  UpdateParameters,
} from './container-data.js'
import { containerConfig, containerStatus, networkInterfaces, pendingChange } from './container-readers.js'
import { convertToTemplate } from './convert.js'
import { cloneContainer, createContainer } from './create.js'
import { configures } from './effect-configured.js'
import { startsTask } from './effect-task.js'
import { apiPath } from './encoding.js'
import { type FindOptions, findContainer, listContainers } from './find.js'
import { changePower } from './power.js'
import { flag, listOf, nothing, object } from './reader.js'
import { upidText } from './task-data.js'
import type { WaitOptions } from './task-wait.js'
import { syntheticUpid, type Upid } from './upid.js'

/** Containers (PVE-FACTS 3). What starts a task returns its UPID: wait for it with `tasks.wait`. */
export class Containers {
  readonly #api: Api

  constructor(api: Api) {
    this.#api = api
  }

  /** By VMID or hostname, on any node: see `findContainer`. */
  find(reference: string | number, options: FindOptions = {}): Promise<ContainerRef> {
    return findContainer(this.#api, reference, options)
  }

  /** Live, of all nodes that are online: see `listContainers`. */
  list(options: FindOptions = {}): Promise<readonly ContainerStatus[]> {
    return listContainers(this.#api, options)
  }

  status(ct: ContainerAddress): Promise<ContainerStatus> {
    return this.#api.get(`${base(ct)}/status/current`, containerStatus(ct.node))
  }

  /** With pending changes merged in, unless `current` asks for what is in force; or of a snapshot. */
  config(
    ct: ContainerAddress,
    options: { readonly current?: boolean; readonly snapshot?: string } = {},
  ): Promise<ContainerConfig> {
    return this.#api.get(`${base(ct)}/config`, containerConfig, { query: options })
  }

  pending(ct: ContainerAddress): Promise<readonly PendingChange[]> {
    return this.#api.get(`${base(ct)}/pending`, listOf(pendingChange))
  }

  /** Null while the container does not run (PVE-FACTS 3.10). */
  interfaces(ct: ContainerAddress): Promise<readonly NetworkInterface[] | null> {
    return this.#api.get(`${base(ct)}/interfaces`, networkInterfaces)
  }

  feature(ct: ContainerAddress, feature: 'snapshot' | 'clone' | 'copy', snapname?: string): Promise<boolean> {
    const hasFeature = object((fields) => fields.get('hasFeature', flag))
    return this.#api.get(`${base(ct)}/feature`, hasFeature, { query: { feature, snapname } })
  }

  create(node: string, parameters: CreateParameters): Promise<Upid> {
    return createContainer(this.#api, node, parameters)
  }

  clone(source: ContainerAddress, parameters: CloneParameters): Promise<Upid> {
    return cloneContainer(this.#api, source, parameters)
  }

  /** `once`: not sent again when it did not arrive, or nothing shows that it was carried out; by then the container may be somebody else's. */
  start(ct: ContainerAddress, { once = false }: { readonly once?: boolean } = {}): Promise<Upid> {
    return changePower(this.#api, ct, 'start', { once })
  }

  /** Kills it at once. */
  stop(ct: ContainerAddress): Promise<Upid> {
    return changePower(this.#api, ct, 'stop')
  }

  /** `timeout` in seconds (60); the task may take twice as long (PVE-FACTS 3.6). `forceStop` kills it after that. */
  shutdown(
    ct: ContainerAddress,
    options: { readonly timeout?: number; readonly forceStop?: boolean } = {},
  ): Promise<Upid> {
    return changePower(this.#api, ct, 'shutdown', { parameters: options })
  }

  /** `timeout` in seconds, after which it is killed. Applies pending changes. */
  reboot(ct: ContainerAddress, options: { readonly timeout?: number } = {}): Promise<Upid> {
    return changePower(this.#api, ct, 'reboot', { parameters: options })
  }

  /** Deletes it with its volumes. `force` stops it first, `purge` removes it from jobs and HA too. */
  remove(ct: ContainerAddress, options: { readonly force?: boolean; readonly purge?: boolean } = {}): Promise<Upid> {
    return this.#api.change({
      method: 'DELETE',
      path: base(ct),
      parameters: options,
      read: upidText,
      planned: syntheticUpid(ct.node, 'vzdestroy', ct.vmid),
      effect: startsTask(this.#api, { node: ct.node, types: ['vzdestroy'], id: ct.vmid }, { repeatable: false }),
    })
  }

  /**
   * Changes options. What cannot be changed while it runs becomes pending (PVE-FACTS 3.5). With a digest the change is
   * refused (`changed`) if the configuration is no longer the one that was read.
   */
  async update(ct: ContainerAddress, update: UpdateParameters): Promise<void> {
    // Proxmox takes an empty digest for none, and would overwrite what others wrote.
    if (update.digest !== undefined && !/^[0-9a-f]{40}$/.test(update.digest)) {
      throw new CmuxError('invalid', `'${update.digest}' is not a digest: 40 hex digits`)
    }
    await this.#api.change({
      method: 'PUT',
      path: `${base(ct)}/config`,
      parameters: { ...update.set, delete: list(update.delete), revert: list(update.revert), digest: update.digest },
      read: nothing,
      planned: undefined,
      effect: configures(this.#api, ct, update),
    })
  }

  /** `size` is absolute (`16G`) or, with a plus, what is added (`+4G`). Proxmox cannot shrink. */
  resize(ct: ContainerAddress, disk: string, size: string): Promise<Upid> {
    return this.#api.change({
      method: 'PUT',
      path: `${base(ct)}/resize`,
      parameters: { disk, size },
      read: upidText,
      planned: syntheticUpid(ct.node, 'resize', ct.vmid),
      effect: startsTask(this.#api, { node: ct.node, types: ['resize'], id: ct.vmid }, { repeatable: false }),
    })
  }

  /** Turns it into a template and waits until it is one: see `convertToTemplate`. */
  convertToTemplate(ct: ContainerAddress, options: WaitOptions = {}): Promise<void> {
    return convertToTemplate(this.#api, ct, options)
  }

  /** `restart` moves a running one by stopping and starting it, with `timeout` seconds for its shutdown. */
  migrate(
    ct: ContainerAddress,
    target: string,
    options: { readonly restart?: boolean; readonly timeout?: number } = {},
  ): Promise<Upid> {
    return this.#api.change({
      method: 'POST',
      path: `${base(ct)}/migrate`,
      parameters: { target, ...options },
      read: upidText,
      planned: syntheticUpid(ct.node, 'vzmigrate', ct.vmid),
      effect: startsTask(
        this.#api,
        { node: ct.node, types: ['vzmigrate', 'hamigrate'], id: ct.vmid },
        { repeatable: false },
      ),
    })
  }
}

const base = (ct: ContainerAddress): string => apiPath`/nodes/${ct.node}/lxc/${ct.vmid}`

const list = (names: readonly string[] | undefined): string | undefined =>
  names === undefined || names.length === 0 ? undefined : names.join(',')
