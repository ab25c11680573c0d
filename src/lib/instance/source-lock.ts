import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerAddress, PveClient } from '../pve/client.js'
import type { Deadline, ServiceContext } from './service-context.js'

/** Milliseconds between two looks at a lock, at first and at most; each is spread by half around that. */
const FIRST_LOOK = 100
const LAST_LOOK = 1000
/** So often in a row, a second apart, must a lock be seen with no task behind it before it counts as left behind. */
const SIGHTINGS = 3
const SIGHTING_INTERVAL = 1000

/** Whether an error says that somebody else is copying the source at this moment: that is for waiting, not for failing. */
export function isBusyCopying(error: unknown): boolean {
  if (!isCmuxError(error, 'locked')) return false
  const word = /is locked \(([\w-]+)\)/.exec(error.message)?.[1]
  return word === undefined || word === 'disk'
}

/**
 * Waits until one of the sources is not locked with `disk` any more, and names it. Proxmox lets one clone at a time read a source
 * (PVE-FACTS 3.3). `otherWay` ends what the error says about waiting longer. Errors: `timeout`; `locked` when the lock has no task behind it and so will never go away by itself.
 */
export async function waitForFreeSource(
  context: ServiceContext,
  sources: readonly ContainerAddress[],
  deadline: Deadline,
  otherWay = '',
): Promise<ContainerAddress> {
  const { client, clock, signal, random = Math.random } = context
  const started = clock.now()
  const abandoned = new AbandonedLocks(client, clock.now())
  for (;;) {
    const elapsed = clock.now() - started
    const pause = Math.min(LAST_LOOK, Math.max(FIRST_LOOK, elapsed / 20)) * (0.5 + random())
    await clock.sleep(Math.min(pause, deadline.remaining()), signal)
    for (const source of sources) {
      const { lock } = await client.containers.config(source)
      if (lock !== 'disk') return source
    }
    const names = sources.map(({ vmid, node }) => `${vmid} on node ${node}`).join(', ')
    if (await abandoned.areAll(sources, clock.now())) throw abandonedError(sources, names)
    if (deadline.remaining() === 0) {
      throw new CmuxError('timeout', `Container ${names} was still locked (disk) after ${deadline.total / 1000} s`, {
        hint: `It is being cloned: wait longer with --timeout${otherWay}. If no task runs any more: \`pct unlock\` on the node.`,
      })
    }
  }
}

/** Tells a lock whose worker was killed from one that is in use: only the first has no running task (PVE-FACTS 9). */
class AbandonedLocks {
  readonly #client: PveClient
  #sightings = 0
  #nextLook: number

  constructor(client: PveClient, now: number) {
    this.#client = client
    this.#nextLook = now + SIGHTING_INTERVAL
  }

  async areAll(sources: readonly ContainerAddress[], now: number): Promise<boolean> {
    if (now < this.#nextLook) return false
    this.#nextLook = now + SIGHTING_INTERVAL
    const busy = await Promise.all(sources.map((source) => this.#isWorkedOn(source)))
    this.#sightings = busy.some((isBusy) => isBusy) ? 0 : this.#sightings + 1
    return this.#sightings >= SIGHTINGS
  }

  async #isWorkedOn({ vmid, node }: ContainerAddress): Promise<boolean> {
    const tasks = await this.#client.tasks.list(node, { source: 'active', vmid })
    if (tasks.some((task) => task.running)) return true
    // Without Sys.Audit a token sees its own tasks only, and none of them proves nothing.
    const permissions = await this.#client.access.permissions(`/nodes/${node}`)
    return permissions[`/nodes/${node}`]?.['Sys.Audit'] === undefined
  }
}

function abandonedError(sources: readonly ContainerAddress[], names: string): CmuxError {
  const commands = sources.map(({ vmid, node }) => `\`pct unlock ${vmid}\` on node ${node}`).join(' and ')
  return new CmuxError(
    'locked',
    `Container ${names} is locked (disk), but no task works on it: the one that did was killed`,
    {
      hint: `Run ${commands}. The clone it was making may be left too, locked (create): \`cmux-pve instance list\` shows it.`,
    },
  )
}
