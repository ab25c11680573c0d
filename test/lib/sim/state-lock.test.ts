import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import type * as Fs from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { holdStateFile } from '../../../src/lib/sim/state-lock.js'

/** A disk that takes the name of a new file, and nothing into it. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof Fs>()
  return {
    ...real,
    writeFile: async (path: string, _text: string, options: object) => {
      await real.writeFile(path, '', options)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    },
  }
})

test('a lock that a full disk has no room for is not left behind, where it would keep everybody away', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'cmux-lock-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  await expect(holdStateFile(join(folder, 'state'))).rejects.toThrow('ENOSPC')
  expect(existsSync(join(folder, 'state.lock'))).toBe(false)
})
