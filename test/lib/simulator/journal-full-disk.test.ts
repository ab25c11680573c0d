import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createBuiltinGuests } from '../../../src/lib/simulator/guest/builtin.js'
import { GuestState } from '../../../src/lib/simulator/guest-state.js'
import { Journal } from '../../../src/lib/simulator/journal.js'
import { seededRandom } from '../../../src/lib/simulator/random.js'
import { Store } from '../../../src/lib/simulator/store.js'
import { VirtualClock } from '../../../src/lib/simulator/virtual-clock.js'
import { Engine } from '../../support/engine.js'

/** `room`: characters that still fit; a longer text is written in part. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }))
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  const writeFileSync = (file: number, text: string) => {
    const full = text.length > disk.room
    fs.writeFileSync(file, full ? text.slice(0, text.length / 2) : text)
    if (full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  return { ...fs, writeFileSync }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-journal-'))
})
afterEach(() => {
  disk.room = Number.POSITIVE_INFINITY
  rmSync(folder, { recursive: true })
})

test('a state file on a disk that was full for a while can be read again, and lacks nothing; both is told once', () => {
  const path = join(folder, 'state')
  const store = new Store()
  const told: (string | undefined)[] = []
  const journal = Journal.open(path, store, (error) => told.push(error?.message))
  const table = store.table<number>('a').set('before', 1)
  disk.room = 0
  table.set('first', 2)
  table.set('second', 3)
  expect(told).toEqual([expect.stringContaining('ENOSPC')])
  expect(readdirSync(folder)).toEqual(['state'])
  disk.room = Number.POSITIVE_INFINITY
  table.set('after', 4)
  expect(told).toEqual([expect.stringContaining('ENOSPC'), undefined])
  journal.close()
  expect(entriesIn(path)).toEqual([...table.entries()])
  expect(table.size).toBe(4)
})

test('what a full disk has kept out of the file is in it when the file is closed; if not, that is an error', () => {
  const path = join(folder, 'state')
  const store = new Store()
  const journal = Journal.open(path, store)
  const table = store.table<number>('a').set('before', 1)
  disk.room = 0
  table.set('meanwhile', 2)
  disk.room = Number.POSITIVE_INFINITY
  journal.close()
  expect(entriesIn(path)).toEqual([...table.entries()])

  const again = Journal.open(path, store)
  disk.room = 0
  table.set('too late', 3)
  expect(() => again.close()).toThrow('ENOSPC')
})

test('no task on a full disk ends half done: nothing is left locked, and what a kill then loses was told to be lost', async () => {
  const stateFile = join(folder, 'state')
  const told: (string | undefined)[] = []
  const engine = await Engine.open({ stateFile, onStateUnwritten: (error) => told.push(error?.message) })
  await engine.template(101)
  disk.room = 0
  expect(await engine.task('POST', '/nodes/pve1/lxc/101/clone', { newid: 102 })).toBe('OK')
  expect(await engine.task('POST', '/nodes/pve1/lxc/102/status/start')).toBe('OK')
  expect(told).toEqual([expect.stringContaining('ENOSPC')])
  disk.room = Number.POSITIVE_INFINITY
  for (const vmid of [101, 102]) expect(engine.cluster.configs.load(vmid, 'pve1').options).not.toHaveProperty('lock')
  await engine.close()

  const next = await Engine.open({ stateFile })
  expect(next.cluster.configs.find(102)).toBeDefined()
  await next.close()
})

test('a change that is in the file is not refused because the file cannot be made shorter', () => {
  const path = join(folder, 'state')
  const store = new Store()
  const journal = Journal.open(path, store)
  const table = store.table<number>('a')
  disk.room = 20
  for (let change = 1; change <= 20_005; change++) table.set('k', change)
  expect(readdirSync(folder)).toEqual(['state'])
  disk.room = Number.POSITIVE_INFINITY
  journal.close()
  expect(entriesIn(path)).toEqual([['k', 20_005]])
})

test('a container can end on a full disk: its files are written later', async () => {
  const path = join(folder, 'state')
  const clock = new VirtualClock()
  const guests = createBuiltinGuests({ clock, random: seededRandom(1) })
  const found = createBuiltinGuests({ clock, random: seededRandom(1) })
  const store = new Store()
  const journal = Journal.open(path, store)
  const state = new GuestState(store, guests, clock)
  await state.volumes().createVolume('local:1', 'empty')
  await clock.advance(60_000)
  disk.room = 0
  expect(() => state.changed()).not.toThrow()
  disk.room = Number.POSITIVE_INFINITY
  journal.close()

  const again = new Store()
  const reopened = Journal.open(path, again)
  await new GuestState(again, found, clock).restore()
  reopened.close()
  expect(found.save?.()).toEqual(guests.save?.())
  await expect(found.copyVolume({ volume: 'local:1' }, 'local:2')).resolves.toBeUndefined()
})

function entriesIn(path: string): readonly (readonly [string, number])[] {
  const store = new Store()
  Journal.open(path, store).close()
  return [...store.table<number>('a').entries()]
}
