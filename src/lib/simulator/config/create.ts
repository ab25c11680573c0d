import { die } from '../api/api-error.js'
import type { ParameterValue } from '../schema/schema.js'
import { type ContainerConfig, containerConfig, withOptions } from './container-config.js'
import { CONFIG_OPTIONS, mountPointSchema } from './options.js'
import { planUpdate, type UpdateContext } from './update.js'
import { newDisk, parseMountPoint } from './volumes.js'

export interface CreateContext extends Pick<UpdateContext, 'vmid' | 'random' | 'bridgeMtu'> {
  /** Default of `unprivileged`: 1 since Proxmox VE 9. */
  readonly unprivileged: 0 | 1
}

/** A disk of a new container: one to make (`storage`, `size` in bytes), or a volume or path that is there (`volume`). */
export type CreateDisk = { readonly line: string } & (
  | { readonly storage: string; readonly size: number }
  | { readonly volume: string }
)

/**
 * The disks that a create asks for, by option (PVE-FACTS 3.2): a bare number is GiB on the default storage, and with no rootfs
 * it is 4 of them. 500 `mount points configured, but 'rootfs' not set - aborting`.
 */
export function createDisks(
  parameters: Readonly<Record<string, ParameterValue | undefined>>,
  defaultStorage: string,
): Readonly<Record<string, CreateDisk>> {
  const lines = Object.entries(parameters).flatMap(([option, value]) =>
    value !== undefined && mountPointSchema(option) !== undefined ? [[option, String(value)] as const] : [],
  )
  if (lines.length > 0 && parameters['rootfs'] === undefined) {
    die("mount points configured, but 'rootfs' not set - aborting")
  }
  if (lines.length === 0) lines.push(['rootfs', '4'])
  return Object.fromEntries(
    lines
      .sort(([a], [b]) => order(a) - order(b))
      .map(([option, line]) => [option, createDisk(option, line, defaultStorage)]),
  )
}

/**
 * The configuration of a new container without its disks, arch and ostype, which the task finds out (PVE-FACTS 3.2):
 * options normalised, defaults filled in. Parameters that are no options are ignored. Throws as planUpdate does.
 */
export function createConfig(
  parameters: Readonly<Record<string, ParameterValue | undefined>>,
  context: CreateContext,
): ContainerConfig {
  const options = Object.entries(parameters).flatMap(([name, value]) =>
    value !== undefined && isPlainOption(name) ? [[name, value] as const] : [],
  )
  const changes = { set: Object.fromEntries(options), delete: [], revert: [] }
  const { config } = planUpdate(containerConfig({}), changes, { ...context, running: false, checkStorage: () => {} })
  const unprivileged = parameters['unprivileged'] ?? context.unprivileged
  return withOptions(config, {
    hostname: config.options['hostname'] ?? `CT${context.vmid}`,
    memory: config.options['memory'] ?? 512,
    swap: config.options['swap'] ?? 512,
    unprivileged: unprivileged === 1 ? 1 : undefined,
  })
}

function createDisk(option: string, line: string, defaultStorage: string): CreateDisk {
  const full = line.replace(/^\d+(?:\.\d+)?$/, `${defaultStorage}:$&`)
  const { volume } = parseMountPoint(option, full)
  return { line: full, ...(newDisk(volume) ?? { volume }) }
}

function isPlainOption(name: string): boolean {
  return (
    Object.hasOwn(CONFIG_OPTIONS, name) &&
    mountPointSchema(name) === undefined &&
    !/^(?:unprivileged|unused\d+)$/.test(name)
  )
}

function order(option: string): number {
  return option === 'rootfs' ? -1 : Number(option.slice('mp'.length))
}
