import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Witness } from '../../../src/lib/criu/witness.js'
import { type CriuBench, openCriuBench, until } from '../criu-bench.js'
import { inLab } from '../in-lab.js'
import { command } from '../lxc/command.js'
import { sshdConnections } from '../node-ssh.js'

const VMID = 511
const TOOL = join(import.meta.dirname, '../../../bin/run.js')
/** Milliseconds after the beginning of what is killed: a freeze or a restore takes some hundred, so every stage of it is hit. */
const MOMENTS = [0, 30, 60, 100, 170, 300]

inLab('what is killed in the middle', () => {
  let bench: CriuBench
  let witness: Witness
  let token: string
  beforeAll(async () => {
    bench = await openCriuBench()
    await bench.privileged(VMID)
  })
  beforeEach(async () => {
    if ((await bench.status(VMID)) === 'stopped') await boot()
    ;({ witness, token } = await bench.witness(VMID))
  })
  afterAll(() => bench.close())

  it.each(MOMENTS)('a freeze survives kill -9 of the command, %i ms after it began', async (moment) => {
    await killTool('checkpoint', moment)
    await recovers()
  })

  it.each(MOMENTS)('a restore survives kill -9 of the command, %i ms after it began', async (moment) => {
    await bench.checkpoint(VMID)
    await killTool('restore', moment)
    await recovers()
  })

  it.each(MOMENTS)('a freeze survives the loss of the SSH connection, %i ms after it began', async (moment) => {
    const attempt = bench.checkpoint(VMID).catch((error: unknown) => error)
    await began(attempt)
    await pause(moment)
    for (const id of await sshdConnections()) process.kill(id, 'SIGKILL')
    await attempt
    await recovers()
  })

  it.each(MOMENTS)('a restore survives the loss of the SSH connection, %i ms after it began', async (moment) => {
    await bench.checkpoint(VMID)
    const attempt = bench.restore(VMID).catch((error: unknown) => error)
    await began(attempt)
    await pause(moment)
    for (const id of await sshdConnections()) process.kill(id, 'SIGKILL')
    await attempt
    await recovers()
  })

  it.each(MOMENTS)('a freeze survives kill -9 of lxc-checkpoint, %i ms after it began', async (moment) => {
    const attempt = bench.checkpoint(VMID).catch((error: unknown) => error)
    await began(attempt)
    await pause(moment)
    killAll('lxc-checkpoint')
    await attempt
    await recovers()
  })

  it.each(MOMENTS)('a restore survives kill -9 of lxc-checkpoint, %i ms after it began', async (moment) => {
    await bench.checkpoint(VMID)
    const attempt = bench.restore(VMID).catch((error: unknown) => error)
    await began(attempt)
    await pause(moment)
    killAll('lxc-checkpoint')
    await attempt
    await recovers()
  })

  it.each(MOMENTS)(
    'a freeze survives kill -9 of everything at work on the node, %i ms after it began',
    async (moment) => {
      const attempt = bench.checkpoint(VMID).catch((error: unknown) => error)
      await began(attempt)
      await pause(moment)
      killAll('cmux-pve', 'lxc-checkpoint', 'criu')
      await attempt
      await recovers()
    },
  )

  it.each(MOMENTS)(
    'a restore survives kill -9 of everything at work on the node, %i ms after it began',
    async (moment) => {
      await bench.checkpoint(VMID)
      const attempt = bench.restore(VMID).catch((error: unknown) => error)
      await began(attempt)
      await pause(moment)
      killAll('cmux-pve', 'lxc-checkpoint', 'criu')
      await attempt
      await recovers()
    },
  )

  /**
   * What the API and the list say then is what is the case, and `criu restore` brings the container back, unless its memory was lost with
   * the processes that held it: then a boot does, and nothing before has said that it could be restored.
   */
  async function recovers(): Promise<void> {
    await until(quiet, 30_000)
    await pause(100)
    const status = await bench.status(VMID)
    expect(status).toBe(
      (await command('lxc-info', '-n', `${VMID}`, '-s', '-H')).trim() === 'STOPPED' ? 'stopped' : 'running',
    )
    const [mark, stored] = [await bench.mark(VMID), await bench.stored(VMID)]
    const asleepIn = stored.find(({ name }) => name === mark?.checkpoint)
    const restorable = asleepIn?.state === 'finished' || (asleepIn?.state === 'unfinished' && asleepIn.complete)
    if (status === 'stopped') expect(mark).toBeDefined()
    if (status === 'running' && mark === undefined) {
      expect(stored.filter(({ state }) => state === 'unfinished')).toEqual([])
    } else {
      const { exitCode, stderr } = await bench.run(['criu', 'restore', `${VMID}`])
      if (status === 'stopped' && !restorable) {
        expect(stderr).toContain('was never finished')
        await boot()
        return
      }
      if (exitCode !== 0) {
        // It had begun to run again when it was killed, and its disk is another: whoever knows better says so.
        expect([status, stderr]).toEqual(['stopped', expect.stringContaining('is stale. It was restored at')])
        expect((await bench.run(['criu', 'restore', `${VMID}`, '--force'])).exitCode).toBe(0)
      }
    }
    expect([await bench.status(VMID), await bench.mark(VMID)]).toEqual(['running', undefined])
    expect((await bench.stored(VMID)).filter(({ state }) => state === 'unfinished')).toEqual([])
    const before = await witness.ask()
    expect(before?.token).toBe(token)
    expect(await witness.counts(before?.count ?? 0)).toBeDefined()
    await witness.stop()
    expect(processes().filter(({ name }) => /^criu$|^lxc-checkpoint$/.test(name))).toEqual([])
    expect(
      processes().filter(({ name }) => name === '[lxc monitor]' || name.startsWith('[lxc monitor')).length,
    ).toBeLessThan(2)
  }

  /** Nobody is at work; a connection that was lost without a word is noticed here. */
  async function quiet(): Promise<boolean> {
    const stored = await bench.stored(VMID).catch(() => undefined)
    return stored?.every(({ busy }) => !busy) === true
  }

  async function boot(): Promise<void> {
    const ct = { vmid: VMID, node: 'pve1' }
    await bench.node.client.containers.update(ct, { delete: ['description', 'tags'] })
    await bench.node.client.tasks.wait(await bench.node.client.containers.start(ct))
  }

  async function killTool(subcommand: string, moment: number): Promise<void> {
    const child = spawn(process.execPath, [TOOL, 'criu', subcommand, `${VMID}`], {
      env: { PATH: process.env['PATH'], ...bench.node.environment },
      stdio: 'ignore',
    })
    await began(once(child, 'exit'))
    await pause(moment)
    const ended = child.exitCode === null ? once(child, 'exit') : undefined
    child.kill('SIGKILL')
    await ended
  }
})

/** Waits for lxc-checkpoint to be started. What ends before has failed. */
async function began(attempt: Promise<unknown>): Promise<void> {
  let ended: { readonly outcome: unknown } | undefined
  void attempt.then((outcome) => {
    ended = { outcome }
  })
  await until(async () => ended !== undefined || processes().some(({ name }) => name === 'lxc-checkpoint'), 20_000)
  if (ended !== undefined) throw new Error('it ended before it began', { cause: ended.outcome })
}

function killAll(...names: readonly string[]): void {
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

const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))
