import type { Api } from './api.js'
import type { ContainerAddress, ContainerConfig, UpdateParameters } from './container-data.js'
import { containerConfig } from './container-readers.js'
import { apiPath, wireParameters } from './encoding.js'
import { done, type Effect, NOTHING } from './lost-answer.js'

/**
 * The effect of PUT …/config: the values are there. With a digest all attempts are bound to what was read, and a `changed` answer to a later one may be
 * our own first one. Sent again without one it sets the same values again, unless it asks for a new volume.
 */
export const configures = (api: Api, ct: ContainerAddress, update: UpdateParameters): Effect<void> => {
  const repeatable = !Object.values(update.set ?? {}).some((value) =>
    String(value)
      .split(',')
      .some((part) => NEW_VOLUME.test(part)),
  )
  return {
    repeatable,
    bound: repeatable && update.digest !== undefined,
    async look() {
      const config = await api.get(apiPath`/nodes/${ct.node}/lxc/${ct.vmid}/config`, containerConfig)
      return isConfigured(config, update) ? done(undefined) : NOTHING
    },
  }
}

/** Whether a configuration, pending changes included, shows what an update asked for. Pure. */
function isConfigured(config: ContainerConfig, update: UpdateParameters): boolean {
  // What a revert drops cannot be seen in the values.
  if ((update.revert ?? []).length > 0) return false
  const set = Object.entries(wireParameters(update.set ?? {}))
  return (
    set.every(([key, value]) => sameValue(key, String(config.options[key] ?? ''), String(value))) &&
    (update.delete ?? []).every((key) => config.options[key] === undefined)
  )
}

/** Proxmox rewrites values: tags are sorted, a description gets a newline, networks get a MAC and a type (PVE-FACTS 4). */
function sameValue(key: string, actual: string, wanted: string): boolean {
  if (key === 'tags') return tagSet(actual) === tagSet(wanted)
  if (key === 'description') return actual.trimEnd() === wanted.trimEnd()
  if (/^(?:net|mp|dev)\d+$|^(?:rootfs|features|startup)$/.test(key)) {
    const has = new Set(actual.split(','))
    return wanted.split(',').every((part) => has.has(part) || isMade(part, actual))
  }
  return actual === wanted
}

/** `storage:8`: eight GiB to be made on that storage, whose volume gets a name of its own (PVE-FACTS 4.2). */
const NEW_VOLUME = /^([^:=,]+:)\d+(?:\.\d+)?$/

const isMade = (wanted: string, actual: string): boolean => {
  const storage = NEW_VOLUME.exec(wanted)?.[1]
  return storage !== undefined && actual.startsWith(storage)
}

const tagSet = (tags: string): string =>
  [...new Set(tags.toLowerCase().split(/[;,\s]+/))]
    .filter((tag) => tag !== '')
    .toSorted()
    .join(';')
