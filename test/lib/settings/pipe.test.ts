import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readSettingsFile } from '../../../src/lib/settings/files.js'
import { readPipe } from '../../../src/lib/settings/pipe.js'

const IMPATIENT = { unopened: 60, opened: 60 }

function pipe(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pipe-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'fifo')
  execFileSync('mkfifo', ['-m', '600', path])
  return path
}

/** Runs it with the pipe as its standard output, which it can only open when the pipe is read. */
function write(path: string, script: string): void {
  const shell = spawn('sh', ['-c', `exec >"$0"; ${script}`, path], { stdio: 'ignore' })
  onTestFinished(() => void shell.kill())
}

it('reads a pipe to its end, however slowly it is written', () => {
  const path = pipe()
  write(path, 'sleep 0.05; echo A=1; sleep 0.05; head -c 200000 /dev/zero; echo B=2')
  const file = readSettingsFile(path)
  expect(file).toMatchObject({ mode: 0o600, text: expect.stringMatching(/^A=1\n\0+B=2\n$/) })
  expect(file?.text).toHaveLength(200_008)
})

it('gives up a pipe that nobody writes to', () => {
  expect(() => readPipe(pipe(), IMPATIENT)).toThrow('it is a pipe, and nothing came from it for 0.06 s')
})

it('gives up a pipe whose writer is silent', () => {
  const path = pipe()
  write(path, 'echo A=1; exec sleep 60')
  expect(() => readPipe(path, { unopened: 5000, opened: 60 })).toThrow('nothing came from it for 0.06 s')
})
