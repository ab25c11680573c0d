import { checkpointInstance } from '../criu/checkpoint.js'
import type { CriuContext } from '../criu/criu-context.js'
import { deleteWithCheckpoints } from '../criu/delete-instance.js'
import { restoreInstance } from '../criu/restore.js'
import { CmuxError, isCmuxError } from '../errors.js'
import { cloneInstance } from '../instance/clone.js'
import { describe, findInstance } from '../instance/find.js'
import { startInstance, stopInstance } from '../instance/power.js'
import { instanceStatus } from '../instance/status.js'
import { waitForInstance } from '../instance/wait.js'
import { type PauseImpossible, pauseImpossible } from './pause-impossible.js'

/** What a sandbox is made from, or which one is to be started. Memory in MiB, disk in GiB; what is absent is as in the template. */
export type InstanceConfig =
  | { /** VMID or hostname of a container that is there already. */ readonly id: string | number }
  | {
      readonly id?: undefined
      /** VMID or hostname of the template. Default: that of the settings. */
      readonly template?: string | number
      /** Its hostname. Default: made from the template's. */
      readonly name?: string
      readonly node?: string
      readonly description?: string
      readonly tags?: readonly string[]
      readonly memory?: number
      readonly cores?: number
      readonly disk?: number
    }

/** A sandbox as it is after a call. */
export interface Instance {
  /** What the other calls take: the VMID. */
  readonly id: string
  readonly name: string
  readonly node: string
  /** `paused`: stopped, and its memory is kept in a checkpoint. */
  readonly status: 'running' | 'stopped' | 'paused'
  /** Of a running one, those that can be reached from outside; a moment after its start there may be none yet. */
  readonly addresses: readonly string[]
  /** The checkpoint of a paused one. */
  readonly checkpoint?: string
}

/** `checkpoint`: with its memory. `stop`: shut down, and what is not on disk is lost. */
export type PauseMode = 'checkpoint' | 'stop'

export interface ProviderCall {
  /** Milliseconds for the whole call. Default: ten minutes. */
  readonly timeout?: number
}

export interface StartOptions extends ProviderCall {
  /** Wait until it can be reached. Default: true. */
  readonly waitForAddress?: boolean
}

export interface PauseOptions extends ProviderCall {
  /** Default: that of the provider, and else `checkpoint`. */
  readonly pause?: PauseMode
}

/** Sandboxes on Proxmox VE. An id is a VMID; hostnames are taken too. */
export interface ProxmoxProvider {
  /** Clones a template and starts the clone, or starts a container that is there. Errors: those of `cloneInstance` and `startInstance`. */
  startInstance(config: InstanceConfig, options?: StartOptions): Promise<Instance>
  /** Shuts a sandbox down, at once with `force`. It stays, stopped. */
  stopInstance(id: string | number, options?: ProviderCall & { readonly force?: boolean }): Promise<Instance>
  /**
   * Puts a sandbox to sleep with its memory. Where CRIU cannot: `PauseImpossible`, with everything that stands in the way, and the sandbox runs on.
   * It is shut down in place of that only where the caller says `pause: 'stop'`.
   */
  pauseInstance(id: string | number, options?: PauseOptions): Promise<Instance>
  /**
   * Wakes a sandbox with its memory; one that runs is left alone, but for the mark of a sleep that it still bears: that is taken away, with a
   * warning when it runs without the memory. One that is stopped without a checkpoint is booted only with `pause:
   * 'stop'`; else that is a `conflict`. Errors: those of `restoreInstance`; the checkpoint is as it was then.
   */
  resumeInstance(id: string | number, options?: PauseOptions): Promise<Instance>
  /**
   * Deletes a sandbox, running or not, with its disks and with what was kept of its memory, for which the nodes are asked. One that is gone
   * already is none the worse. Errors: those of `deleteInstance`, and of getting to the nodes: nothing is deleted then.
   */
  deleteInstance(id: string | number, options?: ProviderCall): Promise<void>
}

export interface ProviderDefaults {
  /** The template of an `InstanceConfig` without one. */
  readonly template: number
  readonly pause?: PauseMode
}

/** What hints say can be done with a sandbox without its memory, in the words of whoever calls. */
export interface WaysOut {
  /** Of one that is stopped. */
  boot(id: string): string
  /** Of one that cannot be put to sleep. */
  stop(id: string): string
}

const IN_A_PROGRAM: WaysOut = {
  boot: (id) => `Boot it: startInstance({ id: '${id}' }), or resumeInstance('${id}', { pause: 'stop' }).`,
  stop: (id) => `Or shut it down, and lose what is not on disk: pauseInstance('${id}', { pause: 'stop' }).`,
}

/** Milliseconds. */
const TIMEOUT = 600_000
/** How many checkpoints of a sandbox are kept. */
const KEEP = 1

/** The provider on what services take: the commands use it so. See `createProxmoxProvider`. */
export function providerOn(
  context: CriuContext,
  defaults: ProviderDefaults,
  waysOut: WaysOut = IN_A_PROGRAM,
): ProxmoxProvider {
  const modeOf = ({ pause }: PauseOptions): PauseMode => pause ?? defaults.pause ?? 'checkpoint'
  const look = (id: string | number): Promise<Instance> => lookAt(context, String(id))
  return {
    async startInstance(config, { timeout = TIMEOUT, waitForAddress = true } = {}) {
      const begun = context.clock.now()
      const id = config.id ?? (await clone(context, config, defaults.template, timeout))
      await startInstance(context, String(id), { wait: true, timeout: left(context, begun, timeout) })
      if (waitForAddress) await waitForInstance(context, String(id), 'ip', left(context, begun, timeout))
      return look(id)
    },

    async stopInstance(id, { timeout = TIMEOUT, force = false } = {}) {
      await stopInstance(context, String(id), { wait: true, timeout, force })
      return look(id)
    },

    async pauseInstance(id, options = {}) {
      const { timeout = TIMEOUT } = options
      if (modeOf(options) === 'stop') {
        await stopInstance(context, String(id), { wait: true, timeout, force: false })
        return look(id)
      }
      const before = await look(id)
      if (before.status === 'paused') return before
      try {
        await checkpointInstance(context, String(id), {
          leaveRunning: false,
          keep: KEEP,
          compress: false,
          force: false,
        })
      } catch (error) {
        throw pauseImpossible(error, waysOut.stop(String(id))) ?? error
      }
      return look(id)
    },

    async resumeInstance(id, options = {}) {
      const { timeout = TIMEOUT } = options
      const { status, sleep } = await instanceStatus(context.client, String(id))
      if (status === 'running' && sleep === undefined) return look(id)
      const mayBoot = status === 'stopped' && sleep?.ended !== undefined && modeOf(options) === 'stop'
      // One that runs loses its mark by this; one whose memory is stale is refused with the reasons.
      if (sleep !== undefined && !mayBoot) {
        await restoreInstance(context, String(id), { verify: false, force: false })
        return look(id)
      }
      if (modeOf(options) === 'checkpoint') {
        const ct = await findInstance(context, String(id))
        throw new CmuxError('conflict', `${describe(ct)} is stopped, and was not paused with its memory`, {
          hint: waysOut.boot(String(ct.vmid)),
        })
      }
      await startInstance(context, String(id), { wait: true, timeout })
      return look(id)
    },

    async deleteInstance(id, { timeout = TIMEOUT } = {}) {
      await deleteWithCheckpoints(context, String(id), { timeout, force: true, ifExists: true })
    },
  }
}

/** Whether an error is the refusal to pause: see `ProxmoxProvider.pauseInstance`. */
export const isPauseImpossible = (error: unknown): error is PauseImpossible =>
  isCmuxError(error, 'unsupported') && 'blockers' in error

async function clone(
  context: CriuContext,
  config: Extract<InstanceConfig, { readonly id?: undefined }>,
  template: number,
  timeout: number,
): Promise<number> {
  const { name, node, description, tags, memory, cores, disk } = config
  const { vmid } = await cloneInstance(context, {
    source: String(config.template ?? template),
    hostname: name,
    ...{ node, description, tags, memory, cores, disk, timeout },
    wait: true,
  })
  return vmid
}

async function lookAt(context: CriuContext, id: string): Promise<Instance> {
  const { vmid, name, node, status, sleep, addresses } = await instanceStatus(context.client, id)
  const paused = status === 'stopped' && sleep !== undefined && sleep.ended === undefined
  return {
    id: String(vmid),
    name,
    node,
    status: paused ? 'paused' : status,
    addresses: addresses.map(({ address }) => address),
    ...(paused && { checkpoint: sleep.checkpoint }),
  }
}

/** Milliseconds left of a call, at least one: nothing left is for the step to say. */
const left = ({ clock }: CriuContext, begun: number, timeout: number): number =>
  Math.max(1, timeout - (clock.now() - begun))
