import { describe, expect, test } from 'vitest'
import { Store } from '../../../src/lib/simulator/store.js'
import { TaskIndex } from '../../../src/lib/simulator/task-index.js'
import { TaskLogs } from '../../../src/lib/simulator/task-log.js'
import { formatUpid, parseUpid, type UpidParts } from '../../../src/lib/simulator/upid.js'

const PARTS: UpidParts = {
  node: 'pve1',
  pid: 0x1234,
  pstart: 0xabc,
  starttime: 1000,
  type: 'vzstart',
  id: '101',
  user: 'root@pam!cmux',
}

function index(store = new Store()): TaskIndex {
  return new TaskIndex(store.table('tasks'), new TaskLogs(store.lines('log')))
}

function begin(tasks: TaskIndex, change: Partial<UpidParts> = {}): string {
  const parts = { ...PARTS, ...change }
  const upid = formatUpid(parts)
  tasks.begin(upid, parts)
  return upid
}

describe('a UPID', () => {
  test('has upper-case hexadecimal numbers and a colon at its end', () => {
    expect(formatUpid(PARTS)).toBe('UPID:pve1:00001234:00000ABC:000003E8:vzstart:101:root@pam!cmux:')
    expect(parseUpid(formatUpid(PARTS))).toEqual(PARTS)
  })

  test('may have nine digits of process start and no id', () => {
    const upid = 'UPID:pve1:00001234:123456789:000003E8:aptupdate::root@pam:'
    expect(parseUpid(upid)).toMatchObject({ pstart: 0x123456789, id: '' })
  })

  test.each([
    '',
    'UPID:nonsense',
    'UPID:pve1:1234:00000ABC:000003E8:vzstart:101:root@pam:',
    'UPID:pve1:00001234:00000ABC:000003E8:vzstart:101:root@pam',
  ])('is not %j', (text) => expect(parseUpid(text)).toBeUndefined())
})

describe('the list of tasks', () => {
  test('shows finished ones unless asked for others, newest end first', () => {
    const tasks = index()
    const first = begin(tasks, { pid: 1 })
    const second = begin(tasks, { pid: 2 })
    const third = begin(tasks, { pid: 3 })
    tasks.end(second, 'OK', 1001)
    tasks.end(first, 'CT is locked (disk)', 1002)
    const upids = (source: 'archive' | 'active' | 'all') => tasks.list({ source }).entries.map(({ upid }) => upid)
    expect(upids('archive')).toEqual([first, second])
    expect(upids('active')).toEqual([third])
    expect(upids('all')).toEqual([third, first, second])
  })

  test('splits a token from its user once the task has ended', () => {
    const tasks = index()
    const upid = begin(tasks)
    expect(tasks.list({ source: 'active' }).entries[0]).toMatchObject({
      user: 'root@pam!cmux',
      status: 'RUNNING',
      saved: '0',
    })
    tasks.end(upid, 'OK', 1001)
    expect(tasks.list().entries[0]).toMatchObject({ user: 'root@pam', tokenid: 'cmux', status: 'OK', endtime: 1001 })
  })

  test('counts everything that matches and shows one page of it', () => {
    const tasks = index()
    for (let pid = 1; pid <= 7; pid++) tasks.end(begin(tasks, { pid }), 'OK', 1000 + pid)
    const { entries, total } = tasks.list({ start: 2, limit: 3 })
    expect(total).toBe(7)
    expect(entries.map(({ pid }) => pid)).toEqual([5, 4, 3])
  })

  test('filters by type, container, time, user and result', () => {
    const tasks = index()
    tasks.end(begin(tasks, { pid: 1, type: 'vzstop' }), 'OK', 1001)
    tasks.end(begin(tasks, { pid: 2, id: '102', starttime: 2000 }), 'CT is locked (disk)', 2001)
    tasks.end(begin(tasks, { pid: 3, id: '103@local', user: 'joe@pve' }), 'WARNINGS: 2', 1003)
    tasks.end(begin(tasks, { pid: 4, id: '' }), 'unexpected status', 1004)
    const pids = (filter: Parameters<TaskIndex['list']>[0]) => tasks.list(filter).entries.map(({ pid }) => pid)
    expect(pids({ typefilter: 'vzstop' })).toEqual([1])
    expect(pids({ vmid: 102 })).toEqual([2])
    // The id of a volume's task begins with its container's, but it is another one.
    expect(pids({ vmid: 103 })).toEqual([])
    expect(pids({ since: 1500 })).toEqual([2])
    expect(pids({ until: 1500, userfilter: 'JOE' })).toEqual([3])
    expect(pids({ errors: true })).toEqual([4, 2])
    expect(pids({ statusfilter: ['ok', 'warning'] })).toEqual([3, 1])
    expect(pids({ statusfilter: ['unknown'] })).toEqual([4])
    expect(pids({ visible: (user) => user === 'joe@pve' })).toEqual([3])
  })

  test('forgets the oldest like a rotated index, but not their status', () => {
    const tasks = index()
    const upids = Array.from({ length: 3000 }, (_, pid) => {
      const upid = begin(tasks, { pid })
      tasks.end(upid, 'OK', 1000 + pid)
      return upid
    })
    const { total } = tasks.list()
    expect(total).toBeGreaterThan(500)
    expect(total).toBeLessThan(1500)
    expect(tasks.status(upids[0] ?? '')).toMatchObject({ exitstatus: 'OK' })
  })

  test('is the same after a restart, and what ran then has ended without a word', () => {
    const store = new Store()
    const before = index(store)
    const done = begin(before, { pid: 1 })
    before.end(done, 'OK', 1001)
    const running = begin(before, { pid: 2 })
    const after = index(store)
    after.endInterrupted(2000)
    expect(after.list().entries.map(({ upid, status }) => [upid, status])).toEqual([
      [running, 'unexpected status'],
      [done, 'OK'],
    ])
  })
})

describe('the log of a task', () => {
  test('has numbered lines, pages and a word for what is not there', () => {
    const tasks = index()
    const upid = begin(tasks)
    expect(tasks.logs.page(upid, 0, 50)).toEqual({ lines: [{ n: 1, t: 'no content' }], total: 1 })
    for (const line of ['a', 'b', 'c']) tasks.logs.append(upid, line)
    tasks.logs.appendMore(upid, ' OK')
    expect(tasks.logs.page(upid, 1, 5)).toEqual({
      lines: [
        { n: 2, t: 'b' },
        { n: 3, t: 'c OK' },
      ],
      total: 3,
    })
    expect(tasks.logs.page(upid, 9, 5)).toEqual({ lines: [], total: 3 })
    expect(tasks.logs.page(upid, 0, 0).lines).toHaveLength(3)
    expect(tasks.logs.page('UPID:other', 0, 50).lines).toEqual([
      { n: 1, t: 'unable to open file - No such file or directory' },
    ])
  })

  test('comes back after a restart', () => {
    const store = new Store()
    const upid = begin(index(store))
    index(store).logs.append(upid, 'first')
    index(store).logs.append(upid, 'second')
    expect(index(store).logs.lines(upid)).toEqual(['first', 'second'])
  })
})
