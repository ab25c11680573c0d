import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { fileError } from '../../../src/lib/sim/file-error.js'

const there = join(tmpdir(), 'x')

test.each([
  ['ENOSPC', there, 'storage-full', 'its disk is full', 'Make room there, or name a file on another disk.'],
  ['EDQUOT', there, 'storage-full', 'its disk is full', 'Make room there, or name a file on another disk.'],
  ['EROFS', there, 'failed', 'its disk is read-only', 'Name a file on another disk.'],
  ['EACCES', there, 'failed', 'permission denied', 'Name a file that you may use, in a folder that you may.'],
  ['EISDIR', there, 'usage', `${there} is a folder`, 'Name a file.'],
  ['ENOENT', there, 'usage', 'there is no such file', 'Name one that is there.'],
  ['ENOENT', '/no/such/x', 'usage', 'there is no folder /no/such', 'Make it, or name a file elsewhere.'],
  ['EIO', there, 'failed', 'EIO: as Node has it', 'otherwise'],
])('%s of %s is told in words, with a way out that helps', (code, path, kind, why, hint) => {
  const error = Object.assign(new Error(`${code}: as Node has it`), { code })
  expect(fileError(error, path, 'The file', 'otherwise')).toMatchObject({
    code: kind,
    message: `The file: ${why}`,
    hint,
  })
})
