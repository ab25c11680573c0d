import { describe, expect, test } from 'vitest'
import { type Clock, systemClock } from '../../../src/lib/clock.js'
import type { Upid } from '../../../src/lib/pve/client.js'
import { type ScriptedPve, scriptedPve, taskEntry } from '../../support/scripted-client.js'
import type { ScriptedAnswer, SeenRequest } from '../../support/scripted-server.js'

const CT = { vmid: 101, node: 'pve1' }
const missing = (vmid: number): ScriptedAnswer =>
  refused(`Configuration file 'nodes/pve1/lxc/${vmid}.conf' does not exist`)
const refused = (message: string): ScriptedAnswer => ({ status: 500, reason: message, message: `${message}\n` })
const LOST: ScriptedAnswer = { status: 596, reason: 'Connection timed out' }
/** What a proxy in front of Proxmox says. */
const PROXY: ScriptedAnswer = {
  raw: 'HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nContent-Length: 21\r\n\r\n<html>It broke</html>',
}
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it should have failed'),
    (error) => error,
  )

/** A node with a task list, whose changes do what the test says before their answer is lost. */
async function node(): Promise<ScriptedPve & { tasks: Record<string, unknown>[] }> {
  const pve = await scriptedPve({ operationId: () => 'ours' })
  const tasks: Record<string, unknown>[] = []
  pve.server.on('GET /nodes/pve1/tasks', ({ parameters }) => ({
    data: tasks.filter(
      (task) =>
        (parameters['typefilter'] ?? task['type']) === task['type'] &&
        Number(parameters['since'] ?? 0) <= Number(task['starttime']),
    ),
  }))
  return { ...pve, tasks }
}

/** A clock of which nothing but the given time passes at once. */
const passing = (milliseconds: number): Clock => ({
  ...systemClock,
  sleep: (ms, signal) => (ms === milliseconds ? Promise.resolve() : systemClock.sleep(ms, signal)),
})

describe('a caller who has no time left', () => {
  test('is told of a change that it may still be carried out; it is looked for once, and not sent again', async () => {
    const pve = await scriptedPve({ patience: 2_000, clock: passing(10_000) })
    pve.server.on('POST /nodes/pve1/lxc/101/status/start', 'silence')
    pve.server.on('GET /nodes/pve1/tasks', { data: [] })
    expect(await failure(pve.client.containers.start(CT))).toMatchObject({
      code: 'timeout',
      message: expect.stringMatching(
        /did not answer within 10 s; nothing showed by then that it was carried out; it may/,
      ),
    })
    expect(pve.server.count('POST /nodes/pve1/lxc/101/status/start')).toBeLessThan(2)
    expect(pve.server.count('GET /nodes/pve1/tasks')).toBe(1)
  })

  test('gets what the change has begun, where that is seen', async () => {
    const pve = await scriptedPve({ patience: 2_000, clock: passing(10_000) })
    const upid = pve.upid('vzstart', 101, { ago: -60 })
    pve.server.on('POST /nodes/pve1/lxc/101/status/start', 'silence')
    pve.server.on('GET /nodes/pve1/tasks', { data: [taskEntry(upid)] })
    expect(await pve.client.containers.start(CT)).toBe(upid)
  })
})

describe('a task without a mark of ours', () => {
  const CALLS: readonly (readonly [string, string, string, (pve: ScriptedPve) => Promise<Upid>])[] = [
    ['start', 'POST /nodes/pve1/lxc/101/status/start', 'vzstart', ({ client }) => client.containers.start(CT)],
    ['stop', 'POST /nodes/pve1/lxc/101/status/stop', 'vzstop', ({ client }) => client.containers.stop(CT)],
    [
      'shutdown',
      'POST /nodes/pve1/lxc/101/status/shutdown',
      'vzshutdown',
      ({ client }) => client.containers.shutdown(CT),
    ],
    ['reboot', 'POST /nodes/pve1/lxc/101/status/reboot', 'vzreboot', ({ client }) => client.containers.reboot(CT)],
    ['delete', 'DELETE /nodes/pve1/lxc/101', 'vzdestroy', ({ client }) => client.containers.remove(CT)],
    [
      'resize',
      'PUT /nodes/pve1/lxc/101/resize',
      'resize',
      ({ client }) => client.containers.resize(CT, 'rootfs', '+1G'),
    ],
    ['migrate', 'POST /nodes/pve1/lxc/101/migrate', 'vzmigrate', ({ client }) => client.containers.migrate(CT, 'pve2')],
    [
      'delete snapshot',
      'DELETE /nodes/pve1/lxc/101/snapshot/one',
      'vzdelsnapshot',
      ({ client }) => client.snapshots.remove(CT, 'one'),
    ],
    [
      'rollback',
      'POST /nodes/pve1/lxc/101/snapshot/one/rollback',
      'vzrollback',
      ({ client }) => client.snapshots.rollback(CT, 'one'),
    ],
  ]

  test.each(CALLS)(
    '%s: the task that a call began whose answer was lost, or cannot be read, is found, and nothing is sent twice',
    async (_name, call, type, act) => {
      for (const answer of [
        'drop',
        LOST,
        PROXY,
        { text: '<html>Welcome</html>' },
        { data: { surprise: true } },
      ] as const) {
        const pve = await node()
        const upid = pve.upid(type, 101)
        pve.server.on(call, () => {
          pve.tasks.push(taskEntry(upid))
          return answer
        })
        expect(await act(pve)).toBe(upid)
        expect(pve.server.count(call)).toBe(1)
      }
    },
  )

  test.each(CALLS)('%s: a task that begins only later, after a 596, is waited for', async (_name, call, type, act) => {
    const pve = await node()
    const upid = pve.upid(type, 101)
    pve.server.on(call, LOST)
    let looks = 0
    pve.server.on('GET /nodes/pve1/tasks', () => ({ data: ++looks < 4 ? [] : [taskEntry(upid, 'OK')] }))
    expect(await act(pve)).toBe(upid)
    expect(pve.server.count(call)).toBe(1)
  })

  test.each(CALLS.filter(([name]) => name !== 'start'))(
    '%s: without any trace it is not repeated, and the error says so',
    async (_name, call, _type, act) => {
      const pve = await node()
      pve.server.on(call, 'drop')
      const error = await failure(act(pve))
      expect(error).toMatchObject({ code: 'unavailable' })
      expect(error.message).toContain('nothing showed within 15 s that it was carried out; it may still be')
      expect(pve.server.count(call)).toBe(1)
    },
  )

  test.each([
    ['with a message in its body', refused('CT is locked (backup)')],
    ['with nothing but a status line, as older ones do', { status: 500, reason: 'CT is locked (backup)' }],
  ])("Proxmox's own refusal %s is none that was lost", async (_how, answer) => {
    const pve = await node()
    pve.server.on('POST /nodes/pve1/lxc/101/status/stop', answer)
    expect(await failure(pve.client.containers.stop(CT))).toMatchObject({ code: 'locked' })
    expect(pve.server.count('GET /nodes/pve1/tasks')).toBe(0)
  })

  test('start: without any trace it is sent once more, as a second one does no harm', async () => {
    const pve = await node()
    const upid = pve.upid('vzstart', 101)
    pve.server.on('POST /nodes/pve1/lxc/101/status/start', 'drop', { data: upid })
    expect(await pve.client.containers.start(CT)).toBe(upid)
  })

  test('start, once: without any trace it is not sent again, as the container may be another one by then', async () => {
    const pve = await node()
    const call = 'POST /nodes/pve1/lxc/101/status/start'
    pve.server.on(call, 'drop', { data: pve.upid('vzstart', 101) })
    expect(await failure(pve.client.containers.start(CT, { once: true }))).toMatchObject({ code: 'unavailable' })
    expect(pve.server.count(call)).toBe(1)
  })

  test('tasks of others, of other containers, of other kinds and of earlier times are not ours', async () => {
    const pve = await node()
    await pve.client.version()
    pve.tasks.push(
      taskEntry(pve.upid('vzstop', 101, { user: 'root@pam' })),
      taskEntry(pve.upid('vzstop', 101, { user: 'cmux@pve!other' })),
      taskEntry(pve.upid('vzstop', 102)),
      taskEntry(pve.upid('vzstart', 101)),
      taskEntry(pve.upid('vzstop', 101, { ago: 5 })),
    )
    pve.server.on('POST /nodes/pve1/lxc/101/status/stop', 'drop')
    expect(await failure(pve.client.containers.stop(CT))).toMatchObject({ code: 'unavailable' })
  })

  test('a task that an earlier call of ours began is not that of this one', async () => {
    const pve = await node()
    const first = pve.upid('vzstop', 101)
    pve.tasks.push(taskEntry(first, 'OK'))
    pve.server.on('POST /nodes/pve1/lxc/101/status/stop', { data: first }, 'drop')
    expect(await pve.client.containers.stop(CT)).toBe(first)
    expect(await failure(pve.client.containers.stop(CT))).toMatchObject({ code: 'unavailable' })
  })

  test('when the node cannot be asked, the error says that nothing is known', async () => {
    const pve = await node()
    pve.server.on('POST /nodes/pve1/lxc/101/status/stop', 'drop').on('GET /nodes/pve1/tasks', LOST)
    expect((await failure(pve.client.containers.stop(CT))).message).toContain(
      'whether it was carried out could not be found out',
    )
  })
})

test('a change that never reached the node is refused at once, after a few tries', async () => {
  const pve = await node()
  pve.server.on('POST /nodes/pve1/lxc/101/status/stop', { status: 595, reason: 'No route to host' })
  expect(await failure(pve.client.containers.stop(CT))).toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('595'),
  })
  expect(pve.server.count('POST /nodes/pve1/lxc/101/status/stop')).toBe(3)
  expect(pve.server.count('GET /nodes/pve1/tasks')).toBe(0)
})

describe('a lost clone', () => {
  const CLONE = 'POST /nodes/pve1/lxc/9000/clone'
  const CONFIG = 'GET /nodes/pve1/lxc/101/config'
  const clone = ({ client }: ScriptedPve) =>
    client.containers.clone({ vmid: 9000, node: 'pve1' }, { newid: 101, description: 'a box' })
  const config = (description?: string, more: object = { lock: 'create' }) => ({
    data: { digest: 'd', ...(description !== undefined && { description }), ...more },
  })
  const OURS = config('a box\n<!-- cmux-pve op:ours -->\n')
  const logOf = (pve: ScriptedPve, upid: string, newid: number) =>
    pve.server.on(`GET /nodes/pve1/tasks/${upid}/log`, {
      data: [{ n: 1, t: `creating a clone of container 9000 with ID ${newid}` }],
      total: 1,
    })

  test('carries its operation id in the call', async () => {
    const pve = await node()
    let sent: SeenRequest | undefined
    pve.server.on(CLONE, (request) => {
      sent = request
      return { data: pve.upid('vzclone', 9000) }
    })
    await clone(pve)
    expect(sent?.parameters).toEqual({ newid: '101', description: 'a box\n<!-- cmux-pve op:ours -->' })
  })

  test('is found by the operation id, and its task by the VMID in the log, among other clones of the template', async () => {
    const pve = await node()
    const upid = pve.upid('vzclone', 9000)
    const later = pve.upid('vzclone', 9000)
    logOf(pve, upid, 101)
    logOf(pve, later, 102)
    pve.server.on(CONFIG, OURS).on(CLONE, () => {
      pve.tasks.push(taskEntry(later), taskEntry(upid))
      return LOST
    })
    expect(await clone(pve)).toBe(upid)
    expect(pve.server.count(CLONE)).toBe(1)
  })

  test('is found on its target node once it has moved there', async () => {
    const pve = await node()
    const upid = pve.upid('vzclone', 9000)
    logOf(pve, upid, 101)
    pve.tasks.push(taskEntry(upid, 'OK'))
    pve.server.on(CONFIG, missing(101)).on('GET /nodes/pve2/lxc/101/config', OURS).on(CLONE, 'drop')
    expect(
      await pve.client.containers.clone({ vmid: 9000, node: 'pve1' }, { newid: 101, description: '', target: 'pve2' }),
    ).toBe(upid)
  })

  test('whose VMID somebody else took is refused, although the same token did it', async () => {
    const pve = await node()
    const upid = pve.upid('vzclone', 9000)
    logOf(pve, upid, 101)
    pve.tasks.push(taskEntry(upid))
    pve.server.on(CONFIG, config('theirs\n<!-- cmux-pve op:theirs -->\n')).on(CLONE, 'drop')
    expect(await failure(clone(pve))).toMatchObject({
      code: 'exists',
      message: expect.stringContaining('made by somebody else'),
    })
    expect(pve.server.count(CLONE)).toBe(1)
  })

  test('that left no trace is sent once more', async () => {
    const pve = await node()
    const upid = pve.upid('vzclone', 9000)
    pve.server.on(CONFIG, missing(101)).on(CLONE, 'drop', { data: upid })
    expect(await clone(pve)).toBe(upid)
  })

  test('that is carried out after all makes the second one be refused: the first one is the answer', async () => {
    const pve = await node()
    const upid = pve.upid('vzclone', 9000)
    logOf(pve, upid, 101)
    pve.server.on(CONFIG, missing(101)).on(CLONE, LOST, () => {
      pve.tasks.push(taskEntry(upid))
      pve.server.on(CONFIG, OURS)
      return refused('CT is locked (disk)')
    })
    expect(await clone(pve)).toBe(upid)
  })

  test('that failed and was undone is sent once more at once', async () => {
    const pve = await node()
    const failed = pve.upid('vzclone', 9000)
    const upid = pve.upid('vzclone', 9000)
    logOf(pve, failed, 101)
    pve.tasks.push(taskEntry(failed, 'clone failed: x'))
    pve.server.on(CONFIG, missing(101)).on(CLONE, 'drop', { data: upid })
    expect(await clone(pve)).toBe(upid)
    expect(pve.clock.pauses).toEqual([])
  })

  test('twice lost without a trace is an error', async () => {
    const pve = await node()
    pve.server.on(CONFIG, missing(101)).on(CLONE, 'drop')
    expect(await failure(clone(pve))).toMatchObject({ code: 'unavailable' })
    expect(pve.server.count(CLONE)).toBe(2)
  })

  test('without a description of its own keeps that of the source, and not its operation id', async () => {
    const pve = await node()
    let sent: SeenRequest | undefined
    pve.server.on('GET /nodes/pve1/lxc/9000/config', {
      data: { digest: 'd', description: 'golden image\n<!-- cmux-pve op:old -->\n' },
    })
    pve.server.on(CLONE, (request) => {
      sent = request
      return { data: pve.upid('vzclone', 9000) }
    })
    await pve.client.containers.clone({ vmid: 9000, node: 'pve1' }, { newid: 101 })
    expect(sent?.parameters['description']).toBe('golden image\n<!-- cmux-pve op:ours -->')
  })
})

describe('a lost create', () => {
  const CREATE = 'POST /nodes/pve1/lxc'
  const CONFIG = 'GET /nodes/pve1/lxc/101/config'
  const HALF_MADE: ScriptedAnswer = { data: { digest: 'd', lock: 'create' } }
  const create = ({ client }: ScriptedPve) =>
    client.containers.create('pve1', { vmid: 101, ostemplate: 'local:vztmpl/x.tar.zst' })

  test('cannot be told from that of another process before its task has ended: then the description tells', async () => {
    const pve = await node()
    const upid = pve.upid('vzcreate', 101)
    let looks = 0
    pve.tasks.push(taskEntry(upid))
    pve.server
      .on(CREATE, LOST)
      .on(CONFIG, () =>
        ++looks < 40 ? HALF_MADE : { data: { digest: 'd', description: '<!-- cmux-pve op:ours -->\n' } },
      )
    expect(await create(pve)).toBe(upid)
    expect(looks).toBe(40)
    expect(pve.server.count(CREATE)).toBe(1)
  })

  test('whose task ends while we look is not taken for one that was killed', async () => {
    const pve = await node()
    const upid = pve.upid('vzcreate', 101)
    let ended = false
    // Whatever is asked first sees the end coming, whatever is asked second sees it.
    const first = <T>(before: T, after: T): T => {
      const seen = ended ? after : before
      ended = true
      return seen
    }
    pve.server.on(CREATE, LOST)
    pve.server.on('GET /nodes/pve1/tasks', () => ({ data: [first(taskEntry(upid), taskEntry(upid, 'OK'))] }))
    pve.server.on(CONFIG, () => first(HALF_MADE, { data: { digest: 'd', description: '<!-- cmux-pve op:ours -->\n' } }))
    expect(await create(pve)).toBe(upid)
  })

  test('whose VMID turns out to be made by another process is refused', async () => {
    const pve = await node()
    pve.tasks.push(taskEntry(pve.upid('vzcreate', 101)))
    pve.server
      .on(CREATE, LOST)
      .on(CONFIG, HALF_MADE, { data: { digest: 'd', description: '<!-- cmux-pve op:theirs -->\n' } })
    expect(await failure(create(pve))).toMatchObject({ code: 'exists' })
  })

  test('whose task was killed leaves a half-made container of which nobody can say whose it is', async () => {
    const pve = await node()
    const upid = pve.upid('vzcreate', 101)
    pve.tasks.push(taskEntry(upid, 'unexpected status'))
    pve.server.on(CREATE, LOST).on(CONFIG, HALF_MADE)
    expect(await failure(create(pve))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('left half-made'),
      task: { upid, exitStatus: 'unexpected status' },
    })
  })

  test('is found although the clocks of the nodes differ, as the operation id proves it', async () => {
    const pve = await node()
    const upid = pve.upid('vzcreate', 101, { ago: 600 })
    pve.tasks.push(taskEntry(upid, 'OK'))
    pve.server.on(CREATE, LOST).on(CONFIG, { data: { digest: 'd', description: '<!-- cmux-pve op:ours -->\n' } })
    expect(await create(pve)).toBe(upid)
  })
})

describe('a lost change of the configuration', () => {
  const PUT = 'PUT /nodes/pve1/lxc/101/config'
  const CONFIG = 'GET /nodes/pve1/lxc/101/config'
  const digest = 'a'.repeat(40)
  const set = { tags: 'pool,Ready', description: 'x', memory: 512, net0: 'name=eth0,bridge=vmbr0', onboot: true }
  const before = { data: { digest, tags: 'pool', memory: 256, swap: 512 } }
  const after = {
    data: {
      digest: 'b'.repeat(40),
      tags: 'pool;ready',
      description: 'x\n',
      memory: 512,
      net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01,type=veth',
      onboot: 1,
    },
  }

  test('was made if the values are there, however Proxmox writes them', async () => {
    const pve = await node()
    pve.server.on(PUT, LOST).on(CONFIG, before, after)
    await pve.client.containers.update(CT, { set, delete: ['swap'] })
    expect(pve.server.count(PUT)).toBe(1)
  })

  test('is sent again with its digest as soon as a look shows nothing of it: at most one of both can be carried out', async () => {
    const pve = await node()
    pve.server.on(PUT, 'drop', LOST, { data: null }).on(CONFIG, before)
    const began = pve.clock.now()
    await pve.client.containers.update(CT, { set, digest })
    expect(pve.clock.now() - began).toBeLessThan(1_000)
    expect(
      pve.server.requests.filter(({ method }) => method === 'PUT').map(({ parameters }) => parameters['digest']),
    ).toEqual([digest, digest, digest])
  })

  test('is looked for when a later attempt is refused for another reason: the first may still be carried out', async () => {
    const pve = await node()
    const locked = refused("can't lock file '/run/lock/lxc/pve-config-101.lock' - got timeout")
    pve.server.on(PUT, LOST, locked).on(CONFIG, before, before, before, after)
    await pve.client.containers.update(CT, { set, digest })
    expect(pve.server.count(PUT)).toBe(2)
    pve.server.on(PUT, LOST, locked).on(CONFIG, before)
    expect(await failure(pve.client.containers.update(CT, { set, digest }))).toMatchObject({ code: 'locked' })
  })

  test('without a digest is sent once more only when it cannot come into being any more', async () => {
    const pve = await node()
    pve.server.on(PUT, 'drop', { data: null }).on(CONFIG, before)
    const began = pve.clock.now()
    await pve.client.containers.update(CT, { set })
    expect(pve.clock.now() - began).toBeGreaterThan(10_000)
    expect(pve.server.count(PUT)).toBe(2)
  })

  test('may be what makes the second one answer `changed`: the values decide', async () => {
    const pve = await node()
    const changed = refused('detected modified configuration - file changed by other user? Try again.')
    pve.server.on(CONFIG, before).on(PUT, LOST, () => {
      pve.server.on(CONFIG, after)
      return changed
    })
    await pve.client.containers.update(CT, { set, digest })
  })

  test('that somebody else forestalled is `changed`', async () => {
    const pve = await node()
    const changed = refused('detected modified configuration - file changed by other user? Try again.')
    pve.server.on(CONFIG, { data: { digest: 'c'.repeat(40), tags: 'theirs' } }).on(PUT, LOST, changed)
    expect(await failure(pve.client.containers.update(CT, { set, digest }))).toMatchObject({ code: 'changed' })
  })

  test('that makes a volume is never sent twice, and was made if the volume is there', async () => {
    const pve = await node()
    const update = { set: { mp0: 'local-lvm:8,mp=/data' } }
    pve.server.on(PUT, 'drop').on(CONFIG, before, { data: { digest, mp0: 'local-lvm:vm-101-disk-1,mp=/data,size=8G' } })
    await pve.client.containers.update(CT, update)
    pve.server.on(CONFIG, before)
    expect(await failure(pve.client.containers.update(CT, update))).toMatchObject({ code: 'unavailable' })
    expect(pve.server.count(PUT)).toBe(2)
  })

  test('a digest that is none is refused before anything is sent, as Proxmox would take it for "do not compare"', async () => {
    const pve = await node()
    for (const wrong of ['', 'abc', 'A'.repeat(40)]) {
      expect(await failure(pve.client.containers.update(CT, { set, digest: wrong }))).toMatchObject({ code: 'invalid' })
    }
    expect(pve.server.requests).toEqual([])
  })
})

describe('a lost snapshot', () => {
  const SNAPSHOT = 'POST /nodes/pve1/lxc/101/snapshot'
  const LIST = 'GET /nodes/pve1/lxc/101/snapshot'
  const current = { name: 'current', description: 'You are here!', digest: 'd', running: 0 }
  const named = (description: string) => ({ data: [{ name: 'one', description, snaptime: 1 }, current] })

  test('is ours if its description carries our operation id', async () => {
    const pve = await node()
    const upid = pve.upid('vzsnapshot', 101)
    pve.tasks.push(taskEntry(upid))
    pve.server.on(SNAPSHOT, 'drop').on(LIST, named('pristine\n<!-- cmux-pve op:ours -->\n'))
    expect(await pve.client.snapshots.create(CT, 'one', { description: 'pristine' })).toBe(upid)
    expect((await pve.client.snapshots.list(CT))[0]?.description).toBe('pristine')
  })

  test('of the same name by somebody else is not', async () => {
    const pve = await node()
    pve.tasks.push(taskEntry(pve.upid('vzsnapshot', 101), 'OK'))
    pve.server.on(SNAPSHOT, 'drop').on(LIST, named('theirs'))
    expect(await failure(pve.client.snapshots.create(CT, 'one'))).toMatchObject({ code: 'exists' })
  })

  test('whose task ends while we look is not taken for one that failed', async () => {
    const pve = await node()
    const upid = pve.upid('vzsnapshot', 101)
    let ended = false
    pve.server.on('GET /nodes/pve1/tasks', () => {
      const entry = taskEntry(upid, ended ? 'OK' : undefined)
      ended = true
      return { data: [entry] }
    })
    pve.server.on(LIST, () => (ended ? named('<!-- cmux-pve op:ours -->\n') : { data: [current] })).on(SNAPSHOT, LOST)
    expect(await pve.client.snapshots.create(CT, 'one')).toBe(upid)
    expect(pve.server.count(SNAPSHOT)).toBe(1)
  })

  test('is not mistaken for another one that went well in the meantime', async () => {
    const pve = await node()
    const upid = pve.upid('vzsnapshot', 101)
    pve.tasks.push(taskEntry(pve.upid('vzsnapshot', 101), 'OK'))
    pve.server.on(SNAPSHOT, 'drop', { data: upid }).on(LIST, { data: [current] })
    expect(await pve.client.snapshots.create(CT, 'one')).toBe(upid)
    expect(pve.clock.pauses.length).toBeGreaterThan(5)
  })

  test('that failed in its task is tried again, and that task tells why', async () => {
    const pve = await node()
    const upid = pve.upid('vzsnapshot', 101)
    pve.tasks.push(taskEntry(pve.upid('vzsnapshot', 101), 'snapshot feature is not available'))
    pve.server.on(SNAPSHOT, 'drop', { data: upid }).on(LIST, { data: [current] })
    expect(await pve.client.snapshots.create(CT, 'one')).toBe(upid)
  })
})

describe('conversion into a template', () => {
  const TEMPLATE = 'POST /nodes/pve1/lxc/101/template'
  const CONFIG = 'GET /nodes/pve1/lxc/101/config'
  const container = { data: { digest: 'd' } }
  const template = { data: { digest: 'd', template: 1 } }
  const ends = (pve: ScriptedPve, upid: string, exitstatus: string) =>
    pve.server
      .on(`GET /nodes/pve1/tasks/${upid}/status`, { data: { upid, status: 'running' } }, () => {
        if (exitstatus === 'OK') pve.server.on(CONFIG, template)
        return { data: { upid, status: 'stopped', exitstatus } }
      })
      .on(`GET /nodes/pve1/tasks/${upid}/log`, { data: [{ n: 1, t: exitstatus }], total: 1 })

  test.each([{ data: null }, 'drop', LOST] as const)(
    'answered %o: waits for the task of which Proxmox does not tell the UPID',
    async (answer) => {
      const pve = await node()
      const upid = pve.upid('vztemplate', 101)
      ends(pve, upid, 'OK')
      pve.server.on(CONFIG, container).on(TEMPLATE, () => {
        pve.tasks.push(taskEntry(upid))
        return answer
      })
      await pve.client.containers.convertToTemplate(CT)
      expect(pve.server.count(`GET /nodes/pve1/tasks/${upid}/status`)).toBe(2)
      expect(pve.server.count(TEMPLATE)).toBe(1)
    },
  )

  test('that fails in its task fails with the text of the task', async () => {
    const pve = await node()
    const upid = pve.upid('vztemplate', 101)
    ends(pve, upid, "Template feature is not available for 'lvm:vm-101-disk-0'")
    pve.tasks.push(taskEntry(upid))
    pve.server.on(CONFIG, container).on(TEMPLATE, { data: null })
    expect(await failure(pve.client.containers.convertToTemplate(CT))).toMatchObject({
      code: 'unsupported',
      task: { upid },
    })
  })

  test('of which nothing shows is an error', async () => {
    const pve = await node()
    pve.server.on(CONFIG, container).on(TEMPLATE, { data: null })
    expect(await failure(pve.client.containers.convertToTemplate(CT))).toMatchObject({ code: 'failed' })
  })
})
