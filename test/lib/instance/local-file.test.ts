import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import type { ContainerShell } from '../../../src/lib/executor/container-shell.js'
import type { RunOptions } from '../../../src/lib/executor/executor.js'
import { pullFile } from '../../../src/lib/executor/pull-file.js'
import { writeLocalFile } from '../../../src/lib/instance/local-file.js'

const PART = Buffer.alloc(8 * 1024 * 1024, 'x')
const PARTS = 4

let folder: string
let uncaught: unknown[]
const onUncaught = (error: unknown) => void uncaught.push(error)
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-local-file-'))
  uncaught = []
  process.on('uncaughtException', onUncaught)
})
afterEach(() => {
  process.off('uncaughtException', onUncaught)
  rmSync(folder, { recursive: true })
})

/** A container that gives `PARTS` parts faster than any disk takes them, and then ends as told. */
const container = (end: () => void): ContainerShell => ({
  async run(_argv, { stdout }: RunOptions = {}) {
    for (let part = 0; part < PARTS; part += 1) stdout?.write(PART)
    end()
    return { exitCode: 0, stdout: '', stderr: `644 ${PARTS * PART.length}\n` }
  },
  async close() {},
})

const pull = (shell: ContainerShell, file: string) =>
  writeLocalFile(file, 'file', undefined, (sink) => pullFile(shell, '/root/file', sink))

/** Long enough for a write that is under way to come to its end. */
const settled = async (): Promise<void> => {
  await writeLocalFile(join(folder, 'later'), 'later', undefined, async (sink) => {
    sink.write(PART)
    return { mode: undefined }
  })
  rmSync(join(folder, 'later'))
}

test('what has come when the container is done is written to its end', async () => {
  const file = join(folder, 'file')
  expect(
    await pull(
      container(() => {}),
      file,
    ),
  ).toMatchObject({ result: { bytes: PARTS * PART.length } })
  expect(readFileSync(file).equals(Buffer.concat(Array.from({ length: PARTS }, () => PART)))).toBe(true)
  expect(readdirSync(folder)).toEqual(['file'])
})

test('a pull that ends while something is being written fails with its own reason and leaves no file', async () => {
  const interrupted = new CmuxError('interrupted', 'Interrupted by SIGTERM', { exitCode: 143 })
  const shell = container(() => {
    throw interrupted
  })
  await expect(pull(shell, join(folder, 'file'))).rejects.toBe(interrupted)
  await settled()
  expect(readdirSync(folder)).toEqual([])
  expect(uncaught).toEqual([])
})

test.each([
  ['ENOSPC', 'storage-full'],
  ['EDQUOT', 'storage-full'],
  ['EIO', 'failed'],
])('a disk that answers %s is told as %s, and no file is left', async (code, expected) => {
  const error = Object.assign(new Error(`${code}: the disk does not take it`), { code })
  const work = writeLocalFile(join(folder, 'file'), 'file', undefined, (sink) => {
    const shell = container(() => void sink.destroy(error))
    return pullFile(shell, '/root/file', sink)
  })
  await expect(work).rejects.toMatchObject({ code: expected, cause: error })
  await settled()
  expect(readdirSync(folder)).toEqual([])
  expect(uncaught).toEqual([])
})
