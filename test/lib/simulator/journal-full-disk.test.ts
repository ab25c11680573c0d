import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Journal } from '../../../src/lib/simulator/journal.js'
import { Store } from '../../../src/lib/simulator/store.js'

const disk = vi.hoisted(() => ({ full: false }))
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>()
  const writeFileSync = (file: number, text: string) => {
    fs.writeFileSync(file, disk.full ? text.slice(0, text.length / 2) : text)
    if (disk.full) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  return { ...fs, writeFileSync }
})

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-journal-'))
})
afterEach(() => {
  disk.full = false
  rmSync(folder, { recursive: true })
})

test('a state file on a disk that was full for a while can be read again, and lacks nothing', () => {
  const path = join(folder, 'state')
  const store = new Store()
  const journal = Journal.open(path, store)
  const table = store.table<number>('a').set('before', 1)
  disk.full = true
  expect(() => table.set('first', 2)).toThrow('ENOSPC')
  expect(() => table.set('second', 3)).toThrow('ENOSPC')
  expect(readdirSync(folder)).toEqual(['state'])
  disk.full = false
  table.set('after', 4)
  journal.close()

  const again = new Store()
  Journal.open(path, again).close()
  expect([...again.table<number>('a').entries()]).toEqual([...table.entries()])
})
