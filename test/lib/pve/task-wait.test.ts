import { describe, expect, test } from 'vitest'
import { toUpid, type Upid } from '../../../src/lib/pve/client.js'
import { syntheticUpid } from '../../../src/lib/pve/upid.js'
import { type ScriptedPve, scriptedPve } from '../../support/scripted-client.js'
import type { Script } from '../../support/scripted-server.js'

const running = (upid: string) => ({ data: { upid, status: 'running' } })
const stopped = (upid: string, exitstatus: string) => ({ data: { upid, status: 'stopped', exitstatus } })

/** A log server for these lines, with Proxmox's start and limit. */
const log =
  (lines: readonly string[]): Script =>
  ({ parameters }) => {
    if (lines.length === 0) return { data: [{ n: 1, t: 'no content' }] }
    const start = Number(parameters['start'] ?? 0)
    const limit = Number(parameters['limit'] ?? 50)
    const page = lines.slice(start, limit === 0 ? undefined : start + limit)
    return { data: page.map((t, index) => ({ n: start + index + 1, t })), total: lines.length }
  }

interface Task {
  readonly pve: ScriptedPve
  readonly upid: Upid
  status(...scripts: [Script, ...Script[]]): void
  log(lines: readonly string[]): void
}

async function task(): Promise<Task> {
  const pve = await scriptedPve()
  const upid = toUpid(pve.upid('vzclone', 9000))
  const path = `/nodes/pve1/tasks/${upid}`
  const made: Task = {
    pve,
    upid,
    status: (...scripts) => void pve.server.on(`GET ${path}/status`, ...scripts),
    log: (lines) => void pve.server.on(`GET ${path}/log`, log(lines)),
  }
  made.log(['TASK OK'])
  return made
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  )

describe('waiting for a task', () => {
  test('polls soon at first, then less often, but once a second at least', async () => {
    const { pve, upid, status } = await task()
    let polls = 0
    status(() => (++polls < 15 ? running(upid) : stopped(upid, 'OK')))
    expect(await pve.client.tasks.wait(upid)).toMatchObject({ upid, exitStatus: 'OK', warnings: [], log: ['TASK OK'] })
    expect(pve.clock.pauses[0]).toBe(50)
    expect(pve.clock.pauses).toEqual(pve.clock.pauses.toSorted((a, b) => a - b))
    expect(Math.max(...pve.clock.pauses)).toBe(1_000)
  })

  test('WARNINGS is a success, and the warnings are those of the log', async () => {
    const { pve, upid, status, log } = await task()
    status(stopped(upid, 'WARNINGS: 1'))
    log([
      ...Array.from({ length: 600 }, () => 'x'),
      'WARN: Systemd 252 detected. You may need to enable nesting.',
      'TASK WARNINGS: 1',
    ])
    const result = await pve.client.tasks.wait(upid)
    expect(result.exitStatus).toBe('WARNINGS: 1')
    expect(result.warnings).toEqual(['Systemd 252 detected. You may need to enable nesting.'])
  })

  test('of a dry run ends at once', async () => {
    const { client, server } = await scriptedPve()
    expect(await client.tasks.wait(syntheticUpid('pve1', 'vzstart', 101))).toMatchObject({ exitStatus: 'OK' })
    expect(server.requests).toEqual([])
  })
})

describe('a task that failed', () => {
  test('is an error with its text, its node and the end of a long log', async () => {
    const { pve, upid, status, log } = await task()
    status(stopped(upid, 'clone failed: rsync exploded'))
    log([...Array.from({ length: 700 }, (_, index) => `line ${index}`), 'TASK ERROR: clone failed: rsync exploded'])
    const error = await failure(pve.client.tasks.wait(upid))
    expect(error).toMatchObject({
      code: 'task-failed',
      message: 'the task vzclone of 9000 on node pve1 failed: clone failed: rsync exploded',
      task: { upid, node: 'pve1', exitStatus: 'clone failed: rsync exploded' },
    })
    expect(error.task.log.at(-1)).toBe('TASK ERROR: clone failed: rsync exploded')
    expect(error.task.log.at(-2)).toBe('line 699')
  })

  test('has the code that its text stands for', async () => {
    const { pve, upid, status } = await task()
    status(stopped(upid, 'CT is locked (snapshot)'))
    expect(await failure(pve.client.tasks.wait(upid))).toMatchObject({ code: 'locked', exitCode: 6, task: { upid } })
  })

  test('because the storage is full is found out from the log, too', async () => {
    const { pve, upid, status, log } = await task()
    status(stopped(upid, "command 'tar xpf -' failed: exit code 2"))
    log([
      'tar: ./usr/bin/x: Cannot write: No space left on device',
      "TASK ERROR: command 'tar xpf -' failed: exit code 2",
    ])
    expect(await failure(pve.client.tasks.wait(upid))).toMatchObject({ code: 'storage-full', task: { upid } })
  })

  test('without a result was killed, and its locks may have stayed', async () => {
    const { pve, upid, status } = await task()
    status(stopped(upid, 'unexpected status'))
    const error = await failure(pve.client.tasks.wait(upid))
    expect(error).toMatchObject({ code: 'task-failed', message: expect.stringContaining('its worker was killed') })
    expect(error.hint).toContain('pct unlock')
  })

  test('is told even if its log cannot be read', async () => {
    const { pve, upid, status } = await task()
    status(stopped(upid, 'clone failed: x'))
    pve.server.on(`GET /nodes/pve1/tasks/${upid}/log`, {
      status: 403,
      reason: 'Permission check failed',
      message: 'Permission check failed\n',
    })
    expect(await failure(pve.client.tasks.wait(upid))).toMatchObject({ code: 'task-failed' })
  })
})

describe('a wait that ends before the task', () => {
  test('by its time limit says so, with the UPID', async () => {
    const { pve, upid, status } = await task()
    status(running(upid))
    const error = await failure(pve.client.tasks.wait(upid, { timeout: 9_000 }))
    expect(error).toMatchObject({
      code: 'timeout',
      exitCode: 124,
      message: expect.stringContaining('still runs after 9 s'),
      task: { upid },
    })
  })

  test('by its time limit ends even while the node does not answer', async () => {
    const { pve, upid, status } = await task()
    status(() => {
      pve.clock.advance(9_000)
      return 'silence'
    })
    expect(await failure(pve.client.tasks.wait(upid, { timeout: 9_000 }))).toMatchObject({ code: 'timeout' })
  })

  test('by its signal rejects with the reason of the signal', async () => {
    const { pve, upid, status } = await task()
    const controller = new AbortController()
    const reason = new Error('interrupted')
    status(running(upid), () => {
      controller.abort(reason)
      return 'silence'
    })
    expect(await failure(pve.client.tasks.wait(upid, { signal: controller.signal }))).toBe(reason)
  })
})

describe('a node that stops answering during the wait', () => {
  test('may come back', async () => {
    const { pve, upid, status } = await task()
    status(
      running(upid),
      { status: 595, reason: 'No route to host' },
      { status: 595, reason: 'No route to host' },
      'drop',
      stopped(upid, 'OK'),
    )
    expect(await pve.client.tasks.wait(upid)).toMatchObject({ exitStatus: 'OK' })
  })

  test('for too long is an error that knows the task', async () => {
    const { pve, upid, status } = await task()
    status(running(upid), { status: 595, reason: 'No route to host' })
    expect(await failure(pve.client.tasks.wait(upid))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('node pve1 no longer answers about the task vzclone of 9000'),
      task: { upid },
    })
  })

  test('a task that the node does not know is not found', async () => {
    const { pve, upid, status } = await task()
    status({
      status: 400,
      reason: 'Parameter verification failed.',
      message: 'Parameter verification failed.\n',
      errors: { upid: 'no such task' },
    })
    expect(await failure(pve.client.tasks.wait(upid))).toMatchObject({ code: 'not-found' })
  })
})

describe('the log', () => {
  test('is followed line by line, and no line is read twice', async () => {
    const { pve, upid, status } = await task()
    const all = ['one', 'two', 'three', 'TASK OK']
    let written = 0
    const starts: number[] = []
    pve.server.on(`GET /nodes/pve1/tasks/${upid}/log`, (request) => {
      starts.push(Number(request.parameters['start']))
      return (log(all.slice(0, written)) as (seen: typeof request) => never)(request)
    })
    const grow =
      (lines: number, answer: Script): Script =>
      () => {
        written = lines
        return answer as never
      }
    status(grow(0, running(upid)), grow(2, running(upid)), grow(2, running(upid)), grow(4, stopped(upid, 'OK')))
    const seen: string[] = []
    await pve.client.tasks.wait(upid, { onLog: (line) => seen.push(line) })
    expect(seen).toEqual(all)
    expect(starts.slice(0, 4)).toEqual([0, 0, 2, 2])
  })

  test('without lines is empty', async () => {
    const { pve, upid, log } = await task()
    log([])
    expect(await pve.client.tasks.log(upid)).toEqual({ lines: [], total: 0 })
  })
})

test('stopping a task whose answer was lost looks whether it has ended', async () => {
  const { pve, upid, status } = await task()
  pve.server.on(`DELETE /nodes/pve1/tasks/${upid}`, 'drop')
  status(running(upid), stopped(upid, 'received interrupt'))
  await pve.client.tasks.stop(upid)
  expect(pve.server.count(`DELETE /nodes/pve1/tasks/${upid}`)).toBe(1)
})
