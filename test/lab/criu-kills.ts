import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.js'
import type { Witness } from '../../src/lib/criu/witness.js'
import { containerProcesses } from './container-processes.js'
import { type CriuBench, openCriuBench, until } from './criu-bench.js'
import { inLab } from './in-lab.js'
import { command } from './lxc/command.js'
import { sshdConnections } from './node-ssh.js'

const TOOL = join(import.meta.dirname, '../../bin/run.js')
/** Milliseconds after the beginning of what is killed: a freeze or a restore takes some hundred, so every stage of it is hit. */
const MOMENTS = [0, 30, 60, 100, 170, 300]

/** What is killed when it has begun, and what has to recover afterwards. */
interface Kill {
  readonly what: string
  readonly of: (moment: number) => Promise<void>
  readonly wake: Wake
  /** criu itself is killed too: the process that it is at work in may die with it. */
  readonly withCriu?: true
}
/** `criu restore`: what it said when it failed. */
type Wake = (options?: { readonly force: boolean }) => Promise<string | undefined>

/**
 * Tests that kill a freeze or a restore of container `vmid` in the middle, in every way and at many moments. Each of the two has a file, so
 * that they can run at the same time.
 */
export function killTests(action: 'checkpoint' | 'restore', vmid: number): void {
  inLab('what is killed in the middle', () => {
    let bench: CriuBench
    let witness: Witness
    let token: string
    beforeAll(async () => {
      bench = await openCriuBench()
      await bench.privileged(vmid)
    })
    const prepare = async () => {
      if ((await bench.status(vmid)) === 'stopped') await boot()
      ;({ witness, token } = await bench.witness(vmid))
      if (action === 'restore') await bench.checkpoint(vmid)
    }
    beforeEach(prepare)
    afterAll(() => bench.close())

    const byTool: Wake = async ({ force } = { force: false }) => {
      const { exitCode, stderr } = await bench.run(['criu', 'restore', `${vmid}`, ...(force ? ['--force'] : [])])
      return exitCode === 0 ? undefined : stderr
    }
    /** The same without the start of a program. */
    const byService: Wake = (options) =>
      bench.restore(vmid, options).then(
        () => undefined,
        (error: Error) => error.message,
      )
    const onNode = (...names: readonly string[]) => interrupt(async () => killAll(names), !names.includes('cmux-pve'))
    const kills: readonly Kill[] = [
      { what: 'kill -9 of the command', of: killTool, wake: byTool },
      { what: 'the loss of the SSH connection', of: interrupt(killConnections), wake: byService },
      { what: 'kill -9 of lxc-checkpoint', of: onNode('lxc-checkpoint'), wake: byService },
      {
        what: 'kill -9 of everything at work on the node',
        of: onNode('cmux-pve', 'lxc-checkpoint', 'criu'),
        wake: byService,
        withCriu: true,
      },
      { what: 'kill -9 of all but criu', of: onNode('cmux-pve', 'lxc-checkpoint'), wake: byService },
    ]
    describe.each(kills.map((kill) => [kill.what, kill] as const))(
      `a ${action === 'checkpoint' ? 'freeze' : 'restore'} survives %s`,
      (_what, { of, wake, withCriu = false }) => {
        it.each(MOMENTS)('%i ms after it began', async (moment) => {
          for (let attempt = 1; ; attempt++) {
            noteInKernelLog(token)
            const kept = await of(moment).catch((error: unknown) => error)
            if (!(kept instanceof OverAlready) || attempt === ATTEMPTS) {
              if (kept !== undefined) throw kept
              break
            }
            await witness.stop()
            await prepare()
          }
          await recovers(wake, withCriu)
        })
      },
    )

    async function killTool(moment: number): Promise<void> {
      const child = spawn(process.execPath, [TOOL, 'criu', action, `${vmid}`], {
        env: { PATH: process.env['PATH'], ...bench.node.environment },
        stdio: 'ignore',
      })
      const ended = once(child, 'exit')
      await began(ended)
      await systemClock.sleep(moment)
      child.kill('SIGKILL')
      await ended
    }

    function interrupt(kill: () => Promise<void>, awaited = false): (moment: number) => Promise<void> {
      return async (moment) => {
        const attempt = bench[action](vmid).catch((error: unknown) => error)
        await began(attempt)
        await systemClock.sleep(moment)
        await kill()
        await attempt
        if (awaited) expect(atWork()).toEqual([])
      }
    }

    /**
     * What the API and the list say then is what is the case, and `criu restore` brings the container back, unless its memory was lost
     * with the processes that held it: then a boot does, and nothing before has said that it could be restored. The witness is still at it,
     * unless the kernel tells that it died of what criu had put into it.
     */
    async function recovers(wake: Wake, withCriu: boolean): Promise<void> {
      await until(quiet, 30_000)
      // What was at work leaves its traces a moment after its lock.
      await systemClock.sleep(100)
      await until(async () => (await bench.status(vmid)) === (await statusOfLxc()))
      const [status, mark, stored] = await Promise.all([bench.status(vmid), bench.mark(vmid), bench.stored(vmid)])
      let hasEnded = false
      const asleepIn = stored.find(({ name }) => name === mark?.checkpoint)
      const restorable = asleepIn?.state === 'finished' || (asleepIn?.state === 'unfinished' && asleepIn.complete)
      if (status === 'stopped') expect(mark).toBeDefined()
      if (status === 'running' && mark === undefined) {
        expect(unfinished(stored)).toEqual([])
      } else {
        const complaint = await wake()
        if (status === 'stopped' && !restorable) {
          expect(complaint).toContain('was never finished')
          await boot()
          return
        }
        hasEnded = withCriu && /but process \d+ \(sh\) has ended meanwhile/.test(complaint ?? '')
        if (complaint !== undefined && !hasEnded) {
          // It had begun to run again when it was killed, and its disk is another: whoever knows better says so.
          expect([status, complaint]).toEqual(['stopped', expect.stringContaining('is stale. It was restored at')])
          expect(await wake({ force: true })).toBeUndefined()
        }
      }
      expect([await bench.status(vmid), await bench.mark(vmid)]).toEqual(['running', undefined])
      expect(unfinished(await bench.stored(vmid))).toEqual([])
      const before = await witness.ask()
      expect(before?.token).toBe(token)
      const after = await witness.counts(before?.count ?? 0)
      if (withCriu && after === undefined) await diedOfCriu()
      else expect([after !== undefined, hasEnded]).toEqual([true, false])
      await witness.stop()
      // What has done its work takes a moment to end.
      await until(async () => atWork().length === 0, 5_000)
      expect(processes().filter(({ name }) => name.startsWith('[lxc monitor')).length).toBeLessThan(2)
    }

    const statusOfLxc = async () =>
      (await command('lxc-info', '-n', `${vmid}`, '-s', '-H')).trim() === 'STOPPED' ? 'stopped' : 'running'

    /** The witness is no more, and came to the breakpoint that criu sets behind the system calls that it makes in a process. */
    async function diedOfCriu(): Promise<void> {
      expect(containerProcesses(vmid).filter((line) => line.includes('cmux-witness'))).toEqual([])
      const [, since = ''] = (await command('dmesg')).split(KERNEL_NOTE + token)
      expect(since).toMatch(/traps: sh\[\d+\] trap int3 /)
    }

    /** Nobody is at work; a connection that was lost without a word is noticed here. */
    async function quiet(): Promise<boolean> {
      const stored = await bench.stored(vmid).catch(() => undefined)
      return stored?.every(({ busy }) => !busy) === true
    }

    async function boot(): Promise<void> {
      const ct = { vmid: vmid, node: 'pve1' }
      await bench.node.client.containers.update(ct, { delete: ['description', 'tags'] })
      await bench.node.client.tasks.wait(await bench.node.client.containers.start(ct))
    }
  })
}

const unfinished = <T extends { readonly state: string }>(stored: readonly T[]): readonly T[] =>
  stored.filter(({ state }) => state === 'unfinished')

const atWork = () => processes().filter(({ name }) => /^criu$|^lxc-checkpoint$/.test(name))

const KERNEL_NOTE = 'cmux-pve lab kills beside '
const noteInKernelLog = (token: string): void => writeFileSync('/dev/kmsg', `<7>${KERNEL_NOTE}${token}\n`)

/** It was over before anybody saw that it had begun: there was nothing to kill. */
class OverAlready extends Error {}
const ATTEMPTS = 5

/** Waits for lxc-checkpoint to be started. What has failed before is an error. */
async function began(attempt: Promise<unknown>): Promise<void> {
  let ended: { readonly outcome: unknown } | undefined
  void attempt.then((outcome) => {
    ended = { outcome }
  })
  await until(async () => ended !== undefined || processes().some(({ name }) => name === 'lxc-checkpoint'), 20_000)
  if (ended === undefined) return
  const { outcome } = ended
  const hasFailed = outcome instanceof Error || (Array.isArray(outcome) && outcome[0] !== 0)
  throw hasFailed ? new Error('it ended before it began', { cause: outcome }) : new OverAlready('it was over already')
}

async function killConnections(): Promise<void> {
  for (const id of await sshdConnections()) process.kill(id, 'SIGKILL')
}

function killAll(names: readonly string[]): void {
  for (const { id, name } of processes()) {
    if (!names.includes(name)) continue
    try {
      process.kill(id, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}

/** By what they were started as: our scripts are named cmux-pve, and criu may run behind a loader of its own. */
function processes(): readonly { readonly id: number; readonly name: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((id) => {
      const file = `/proc/${id}/cmdline`
      const words = existsSync(file) ? safely(file).split('\0') : []
      if (words[0] === 'sh' && words.includes('cmux-pve')) return [{ id: Number(id), name: 'cmux-pve' }]
      if (words.some((word) => /(^|\/)criu$/.test(word)) && words.some((word) => /^(dump|restore)$/.test(word)))
        return [{ id: Number(id), name: 'criu' }]
      return words[0] ? [{ id: Number(id), name: words[0].split('/').at(-1) ?? '' }] : []
    })
}

function safely(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
