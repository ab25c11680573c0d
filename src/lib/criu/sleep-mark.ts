import * as z from 'zod/mini'
import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerAddress, ContainerConfig, PveClient, TaskEntry } from '../pve/client.js'

/** An index for people and for the cheap list call; the truth is the mark in the description. */
export const SLEEP_TAG = 'cmux-asleep'

/**
 * What a container's own configuration says of its sleep. It is written before the container is frozen and removed after it runs again,
 * so that at every moment in between the mark together with the run state is the truth: stopped with a mark means that it sleeps, running
 * with a mark that somebody is at work, or was interrupted.
 */
export interface SleepMark {
  readonly version: 1
  /** Name of the checkpoint. */
  readonly checkpoint: string
  /** The node that holds the images. */
  readonly node: string
  /** Seconds since the epoch. */
  readonly since: number
  /** The newest tasks that had started or rolled back the container by then (UPIDs of one second): a later one ends the sleep. */
  readonly tasks?: readonly string[] | undefined
}

const schema = z.object({
  version: z.literal(1),
  checkpoint: z.string(),
  node: z.string(),
  since: z.int(),
  tasks: z.optional(z.array(z.string())),
})
const MARK = /\n?(?:Asleep since [^\n]*\n)?<!-- cmux-pve sleep:(\{[^\n]*\}) -->/g

/** The mark in a description; undefined: there is none, or none that can be read. */
export function readSleepMark(description: string | undefined): SleepMark | undefined {
  const text = [...(description ?? '').matchAll(MARK)].at(-1)?.[1]
  if (text === undefined) return undefined
  try {
    return schema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** The description with the mark behind everything else that is in it: a line for people, and a comment that Proxmox does not show. */
export function withSleepMark(description: string, mark: SleepMark): string {
  const own = withoutSleepMark(description)
  const since = new Date(mark.since * 1000).toISOString().replace('T', ' ').slice(0, 19)
  const line = `Asleep since ${since} UTC: \`cmux-pve criu restore\` wakes it, a plain start loses its memory.`
  return `${own}${own === '' ? '' : '\n'}${line}\n<!-- cmux-pve sleep:${JSON.stringify(mark)} -->`
}

/** The description as it was before. Comments of others stay where they are. */
export const withoutSleepMark = (description: string): string => description.replace(MARK, '').replace(/\n+$/, '')

/** What a mark remembers of the tasks that there are now. */
export function newestTasks(tasks: readonly TaskEntry[]): readonly string[] {
  const newest = Math.max(0, ...tasks.map(({ starttime }) => starttime))
  return tasks.filter(({ starttime }) => starttime === newest).map(({ upid }) => upid)
}

/** Attempts to write a mark while others write to the same configuration. */
const ATTEMPTS = 5

/**
 * Marks a container as asleep. `seen`: its configuration as it was just read; a mark in that is known to be worthless. Another one belongs
 * to a command that is at work: `locked`.
 */
export function markAsleep(
  client: PveClient,
  ct: ContainerAddress,
  mark: SleepMark,
  seen: ContainerConfig,
): Promise<void> {
  const before = readSleepMark(seen.description)?.checkpoint
  return rewrite(client, ct, seen, (config) => {
    const found = readSleepMark(config.description)
    if (found !== undefined && found.checkpoint !== before) {
      throw new CmuxError('locked', `Another command is putting container ${ct.vmid} to sleep, or was interrupted`, {
        hint: `If none is at work: cmux-pve criu restore ${ct.vmid}`,
      })
    }
    return {
      description: withSleepMark(config.description ?? '', mark),
      tags: [...config.tags.filter((tag) => tag !== SLEEP_TAG), SLEEP_TAG],
    }
  })
}

/** Removes the mark; only the one of `checkpoint` when that is given. Nothing happens where there is none. */
export function markAwake(client: PveClient, ct: ContainerAddress, checkpoint?: string): Promise<void> {
  return rewrite(client, ct, undefined, (config) => {
    const mark = readSleepMark(config.description)
    if (checkpoint !== undefined && mark !== undefined && mark.checkpoint !== checkpoint) return undefined
    if (mark === undefined && !config.tags.includes(SLEEP_TAG)) return undefined
    return {
      description: withoutSleepMark(config.description ?? ''),
      tags: config.tags.filter((tag) => tag !== SLEEP_TAG),
    }
  })
}

/** What is written; undefined: nothing needs to be. */
type Change = { readonly description: string; readonly tags: readonly string[] } | undefined

/** One write with the digest of what was read before; again when somebody else was faster. */
async function rewrite(
  client: PveClient,
  ct: ContainerAddress,
  seen: ContainerConfig | undefined,
  decide: (config: ContainerConfig) => Change,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const config = (attempt === 1 ? seen : undefined) ?? (await client.containers.config(ct))
    const change = decide(config)
    if (change === undefined) return
    const set = {
      ...(change.description !== '' && { description: change.description }),
      ...(change.tags.length > 0 && { tags: change.tags.join(';') }),
    }
    const removed = [
      ...(change.description === '' && config.description !== undefined ? ['description'] : []),
      ...(change.tags.length === 0 && config.tags.length > 0 ? ['tags'] : []),
    ]
    try {
      await client.containers.update(ct, { set, delete: removed, digest: config.digest })
      return
    } catch (error) {
      if (attempt === ATTEMPTS || !isCmuxError(error, 'changed')) throw error
    }
  }
}
