import { SLEEP_TAG } from '../criu/sleep-mark.js'
import { describe, type NamedContainer } from './find.js'
import type { Deadline, ServiceContext } from './service-context.js'
import { type Explanation, explain, finishTask, headline, startTask } from './task-step.js'

/** What is done to a clone once it is made. Memory in MiB, disk in GiB; what is absent stays. */
export interface Adaptation {
  /** In place of all that it has. */
  readonly tags?: readonly string[] | undefined
  readonly memory?: number | undefined
  readonly cores?: number | undefined
  /** What its root disk, which is smaller, grows to. */
  readonly disk?: number | undefined
  readonly start?: boolean | undefined
}

/**
 * The tags that a clone has to be given, if any: it has those of the container it was made of, which may be a replica, and a clone of a replica with
 * the replica's tags would make further replicas.
 */
export function tagsToSet(
  wanted: readonly string[] | undefined,
  ofSource: readonly string[],
  fromReplica: boolean,
): readonly string[] | undefined {
  if (wanted !== undefined) return wanted
  return fromReplica || ofSource.includes(SLEEP_TAG) ? ofSource.filter((tag) => tag !== SLEEP_TAG) : undefined
}

/** Makes a clone what was asked for. Where that ends early, the error says what is left to do. */
export async function adapt(
  context: ServiceContext,
  clone: NamedContainer,
  wanted: Adaptation,
  deadline: Deadline,
): Promise<void> {
  const { containers } = context.client
  const { vmid, node } = clone
  const { tags, memory, cores, disk, start } = wanted
  const step = (purpose: string) => ({ purpose, subject: { vmid, node } })
  let left = wanted
  try {
    if (tags !== undefined || memory !== undefined || cores !== undefined) {
      context.onProgress?.(`Configure ${describe(clone)}`)
      const set = {
        ...(memory !== undefined && { memory }),
        ...(cores !== undefined && { cores }),
        ...(tags !== undefined && tags.length > 0 && { tags: tags.join(';') }),
      }
      await containers.update(clone, { set, ...(tags?.length === 0 && { delete: ['tags'] }) })
      left = { disk, start }
    }
    if (disk !== undefined) {
      const growth = step(`grow rootfs of ${describe(clone)} to ${disk} GiB`)
      context.onProgress?.(headline(growth))
      const upid = await startTask(context, growth, () => containers.resize(clone, 'rootfs', `${disk}G`))
      left = { start }
      await finishTask(context, growth, upid, deadline)
    }
    if (start) {
      const boot = step(`start ${describe(clone)}`)
      context.onProgress?.(headline(boot))
      const upid = await startTask(context, boot, () => containers.start(clone))
      left = {}
      await finishTask(context, boot, upid, deadline)
    }
  } catch (error) {
    // Its start may go on, or be done.
    const removal = `Delete it with \`cmux-pve instance delete ${vmid}${start ? ' --force' : ''}\``
    const commands = commandsFor(clone, left).join(', ')
    throw explain(error, {
      message: `The clone, ${describe(clone)}, was made and is still there`,
      hint: `${removal}, or carry on with it${commands === '' ? '' : `: ${commands}`}`,
      data: { vmid, name: clone.name, node },
    })
  }
}

/** What an error says of a clone whose task goes on with nobody waiting for it: all of this is left out. */
export function leftOut(clone: NamedContainer, wanted: Adaptation): Explanation {
  const names = namesOf(wanted)
  if (names.length === 0) return {}
  return {
    message: `Left out: ${names.join(', ')}`,
    hint: `When it has ended, do the rest: ${commandsFor(clone, wanted).join(', ')}`,
  }
}

const namesOf = ({ tags, memory, cores, disk, start }: Adaptation): readonly string[] => [
  ...(tags === undefined ? [] : ['tags']),
  ...(memory === undefined ? [] : ['memory']),
  ...(cores === undefined ? [] : ['cores']),
  ...(disk === undefined ? [] : ['disk size']),
  ...(start ? ['start'] : []),
]

function commandsFor({ vmid, node }: NamedContainer, wanted: Adaptation): readonly string[] {
  const { tags, memory, cores, disk, start } = wanted
  const sizes = Object.entries({ memory, cores, disk }).flatMap(([flag, value]) =>
    value === undefined ? [] : [` --${flag} ${value}`],
  )
  const newTags = tags?.length === 0 ? '--delete tags' : `--tags '${tags?.join(';')}'`
  return [
    ...(tags === undefined ? [] : [`\`pct set ${vmid} ${newTags}\` on node ${node}`]),
    ...(sizes.length === 0 ? [] : [`\`cmux-pve instance resize ${vmid}${sizes.join('')}\``]),
    ...(start ? [`\`cmux-pve instance start ${vmid}\``] : []),
  ]
}
