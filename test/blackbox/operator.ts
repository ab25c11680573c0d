import { execFile } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { DaemonHttp } from './daemon-http.js'

const run = promisify(execFile)
const status = z.object({ alarms: z.array(z.object({ kind: z.string(), vmid: z.number().nullish() })) })

/** Milliseconds between two looks. */
const INTERVAL = 1_000

/**
 * Whoever is called when a daemon alarms: after a power cut in the middle of a clone or a rollback its lock stays, and only somebody with a
 * shell on the node can remove it (PVE-FACTS 9). Follows the remedy of the alarm, and nothing else.
 */
export class Operator {
  readonly #doors: readonly DaemonHttp[]
  readonly #ssh: readonly string[]
  /** Locks that were alarmed when looked at last. */
  #alarmed: ReadonlySet<number> = new Set()
  /** How many locks were removed. */
  unlocked = 0

  /** `environment`: the settings that the simulator wrote. */
  constructor(doors: readonly DaemonHttp[], environment: Readonly<Record<string, string>>) {
    const { PVE_SSH_HOST = '', PVE_SSH_KEY = '', PVE_SSH_KNOWN_HOSTS = '' } = environment
    const [host = '', port = ''] = PVE_SSH_HOST.split(':')
    const options = ['BatchMode=yes', 'ConnectTimeout=3', `UserKnownHostsFile=${PVE_SSH_KNOWN_HOSTS}`]
    this.#doors = doors
    this.#ssh = ['-F', 'none', '-i', PVE_SSH_KEY, '-p', port, ...options.flatMap((option) => ['-o', option]), host]
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look()
      await pause(INTERVAL, undefined, { signal }).catch(() => {})
    }
  }

  /** A lock is removed when it was alarmed in two looks in a row: the first may be of something that has just ended. */
  async #look(): Promise<void> {
    const alarmed = new Set((await Promise.all(this.#doors.map(stuckLocks))).flat())
    for (const vmid of alarmed) {
      if (!this.#alarmed.has(vmid)) continue
      // The node may be down, or the container gone: there is another look.
      const done = await run('ssh', [...this.#ssh, 'pct', 'unlock', String(vmid)], { timeout: 10_000 }).catch(
        () => undefined,
      )
      if (done === undefined) continue
      this.unlocked++
      alarmed.delete(vmid)
    }
    this.#alarmed = alarmed
  }
}

async function stuckLocks(door: DaemonHttp): Promise<readonly number[]> {
  const answer = await door.call('GET', '/status', { patience: 2_000 }).catch(() => undefined)
  const { data } = status.safeParse(answer?.body)
  return (data?.alarms ?? []).flatMap(({ kind, vmid }) => (kind === 'stuck-lock' && vmid ? [vmid] : []))
}
