import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readSettingsFile } from '../../../src/lib/settings/files.js'

it('reads text and permission bits, and answers nothing for a file that is not there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settings-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'token')
  writeFileSync(path, 'secret')
  chmodSync(path, 0o640)
  expect(readSettingsFile(path)).toEqual({ text: 'secret', mode: 0o640 })
  expect(readSettingsFile(join(folder, 'other'))).toBeUndefined()
})
