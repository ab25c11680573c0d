import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkCheckpointName, checkpointName } from '../../../src/lib/criu/checkpoint-name.js'
import { problemOf } from '../../../src/lib/criu/cycle-test.js'
import { parseLimit } from '../../../src/lib/criu/limits.js'
import { type CheckpointIntent, type Manifest, parseManifest, parseProcesses } from '../../../src/lib/criu/manifest.js'
import { missingProcesses } from '../../../src/lib/criu/process-tree.js'
import { readSleepMark, withoutSleepMark, withSleepMark } from '../../../src/lib/criu/sleep-mark.js'
import { matteringOptions, staleness } from '../../../src/lib/criu/staleness.js'
import { readDumpStatistics } from '../../../src/lib/criu/statistics.js'

/** As criu 4.1.1 wrote it: 19 of 26 pages, frozen for 277 ms. */
const STATS = 'QFkQVQYzCVcjAAAACiEItqgGEPDwEBixAiBnKBowADgTQABIAFAEWARgAGgAcAA='
const mark = { version: 1, checkpoint: '20261122-061500', node: 'pve1', since: 1_795_000_000 } as const
const intent: CheckpointIntent = {
  version: 1,
  vmid: 101,
  hostname: 'web',
  node: 'pve1',
  name: 'a-1',
  created: 1_795_000_000,
  leaveRunning: false,
  versions: { criu: '4.1.1', lxc: '6.0.5', kernel: '6.14' },
  tasks: ['UPID:pve1:00001953:00000A58:6B028C3C:vzstart:101:root@pam!cmux:'],
  config: { digest: 'd', options: { memory: 512 } },
}
const manifest: Manifest = { ...intent, files: [], size: 0, processes: [], disk: 'ext4:1', finished: 1_795_000_001 }
const present = { disk: 'ext4:1', kernel: '6.14', criu: '4.2' }

describe('the mark of sleep', () => {
  it('is found again, and leaves what others wrote as it was', () => {
    const line = fc.stringMatching(/^[ -~]{1,40}$/).filter((text) => !text.includes('sleep:') && text.trim() !== '')
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const own = [...lines, '<!-- cmux-pve op:0123456789abcdef -->'].join('\n')
        const marked = withSleepMark(own, mark)
        expect([readSleepMark(`${marked}\n`), withoutSleepMark(`${marked}\n`)]).toEqual([mark, own])
        expect(withSleepMark(marked, mark)).toBe(marked)
      }),
    )
  })

  it('is no mark when it cannot be read', () => {
    expect(readSleepMark('<!-- cmux-pve sleep:{"version":2} -->')).toBeUndefined()
    expect(readSleepMark('<!-- cmux-pve sleep:{oops} -->')).toBeUndefined()
    expect(readSleepMark(undefined)).toBeUndefined()
  })
})

describe('the statistics that criu leaves', () => {
  it('tell how long everything stood still', () => {
    expect(readDumpStatistics(Buffer.from(STATS, 'base64'))).toEqual({
      freeze: 103.478,
      frozen: 276.592,
      dump: 0.305,
      write: 0.103,
      pagesScanned: 26,
      pagesWritten: 19,
    })
  })

  it('are none when they are cut off, or something else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const read = readDumpStatistics(bytes)
        expect(read === undefined || Number.isFinite(read.freeze)).toBe(true)
      }),
    )
    const whole = Buffer.from(STATS, 'base64')
    for (let length = 0; length < 12; length++) expect(readDumpStatistics(whole.subarray(0, length))).toBeUndefined()
  })
})

describe('a manifest', () => {
  const text = (more: object = {}) =>
    JSON.stringify({
      intent,
      finished: 5,
      compression: 'zstd',
      sha256: { 'pages-1.img.zst': 'a'.repeat(64) },
      sizes: { 'pages-1.img.zst': 4096 },
      processes: '',
      statistics: STATS,
      disk: '',
      ...more,
    })

  it('is read as the node wrote it', () => {
    expect(parseManifest(text())).toMatchObject({
      vmid: 101,
      compression: 'zstd',
      size: 4096,
      files: [{ name: 'pages-1.img.zst', size: 4096, sha256: 'a'.repeat(64) }],
      statistics: { pagesWritten: 19 },
    })
    expect(parseManifest(text())?.disk).toBeUndefined()
  })

  it('is damaged when anything of it is not what it should be', () => {
    expect(parseManifest(text({ sha256: { x: 'short' } }))).toBeUndefined()
    expect(parseManifest(text({ intent: { ...intent, vmid: '101' } }))).toBeUndefined()
    expect(parseManifest(text().slice(0, -1))).toBeUndefined()
  })

  it('holds processes with the ids that they have inside, whatever their names are', () => {
    const stat = (pid: number, name: string, start: number) =>
      `/proc/${pid}/stat:${pid} (${name}) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 ${start} 0`
    const lines = [
      '100.50 7.00',
      '/proc/700/status:Name:\tinit',
      '/proc/700/status:PPid:\t650',
      '/proc/700/status:NSpid:\t700\t1',
      stat(700, 'init', 5000),
      '/proc/702/status:Name:\ta) S (b',
      '/proc/702/status:PPid:\t700',
      '/proc/702/status:NSpid:\t702\t9',
      stat(702, 'a) S (b', 10_000),
    ]
    expect(parseProcesses(lines.join('\n'))).toEqual([
      { pid: 1, parent: 0, name: 'init', age: 51 },
      { pid: 9, parent: 1, name: 'a) S (b', age: 1 },
    ])
    expect(parseProcesses('')).toEqual([])
  })
})

describe('a checkpoint is stale', () => {
  it('for none of these reasons at first', () => {
    expect(staleness(manifest, { ...present, tasks: [] })).toEqual([])
  })

  it.each([
    ['left-running', { ...manifest, leaveRunning: true }, {}],
    ['restored', manifest, { restored: 1_795_000_009 }],
    ['disk', manifest, { disk: 'ext4:2' }],
    ['kernel', manifest, { kernel: '6.17' }],
    ['criu', manifest, { criu: '5.0' }],
  ])('%s', (id, stored, more) => {
    expect(staleness(stored, { ...present, ...more }).map((reason) => reason.id)).toEqual([id])
  })

  it('when an option that its memory depends on is another one, and not for its tags', () => {
    const config = (options: Record<string, string | number>) => ({
      digest: 'e',
      tags: [],
      template: false,
      lxc: [],
      options,
    })
    expect(staleness(manifest, { config: config({ memory: 512, tags: 'a', description: 'b' }) })).toEqual([])
    const [reason] = staleness(manifest, { config: config({ memory: 256, net0: 'name=eth0' }) })
    expect(reason).toMatchObject({ id: 'config', what: expect.stringContaining('memory, net0') })
    expect(matteringOptions(config({ tags: 'a', lock: 'disk', cores: 2 }))).toEqual({ cores: 2 })
  })

  it('not when nothing could be found out', () => {
    expect(staleness(manifest, {})).toEqual([])
    const { disk: _disk, ...unknown } = manifest
    expect(staleness(unknown, present)).toEqual([])
  })
})

describe('what came back', () => {
  const process = { pid: 9, parent: 1, name: 'sh', age: 60 }

  it('lacks a process that is gone or another one, but none that comes and goes', () => {
    expect(missingProcesses([process], [])).toEqual([process])
    expect(missingProcesses([process], [{ ...process, name: 'ash' }])).toEqual([process])
    expect(missingProcesses([process], [{ ...process, age: 0 }])).toEqual([])
    expect(missingProcesses([{ ...process, age: 1 }], [])).toEqual([])
  })

  it('shows limits as the kernel does', () => {
    expect(parseLimit('memory.max 4M 4194304')).toEqual({ name: 'memory.max', wanted: '4194304', actual: '4194304' })
    expect(parseLimit('cpu.max 50000_100000 ')).toEqual({ name: 'cpu.max', wanted: '50000 100000' })
  })

  it.each([
    ['it was silent before', undefined, { token: 'a', count: 1 }, undefined, 'said nothing before'],
    ['it is silent', { token: 'a', count: 1 }, undefined, undefined, 'says nothing'],
    ['it knows another token', { token: 'a', count: 1 }, { token: 'b', count: 2 }, undefined, 'another token'],
    ['it counts anew', { token: 'a', count: 9 }, { token: 'a', count: 2 }, { token: 'a', count: 3 }, 'from 2 again'],
    ['it has stopped', { token: 'a', count: 9 }, { token: 'a', count: 9 }, undefined, 'stopped counting'],
  ])('is no proof when the witness is another: %s', (_case, before, after, later, text) => {
    expect(problemOf('a', before, after, later)).toContain(text)
  })

  it('is proved by a witness that counts on', () => {
    expect(
      problemOf('a', { token: 'a', count: 9 }, { token: 'a', count: 9 }, { token: 'a', count: 10 }),
    ).toBeUndefined()
  })
})

describe('the name of a checkpoint', () => {
  it('is the time, and a name', () => {
    expect(checkpointName(Date.UTC(2026, 10, 22, 6, 15, 0))).toBe('20261122-061500')
    expect(() => checkCheckpointName(checkpointName(0))).not.toThrow()
  })

  it.each(['', 'a', '.', '..', 'a/b', '-rf', '_a', 'a b', 'a'.repeat(41)])('is not %j', (name) => {
    expect(() => checkCheckpointName(name)).toThrow(/is not a name/)
  })
})
