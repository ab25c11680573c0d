import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import { LocalExecutor } from '../../../src/lib/executor/local.js'
import { JumpingClock } from '../../support/jumping-clock.js'

function local(options: ConstructorParameters<typeof LocalExecutor>[0] = {}): LocalExecutor {
  const executor = new LocalExecutor(options)
  onTestFinished(() => executor.close())
  return executor
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cmux-local-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

const onOutput = (act: () => void) =>
  new Writable({
    write(_chunk, _encoding, done) {
      act()
      done()
    },
  })

/** A script that notes the process id of something that it has started, and waits for it. */
const WITH_CHILD = 'sleep 1000 & echo $! >"$0"; echo started; wait'

async function expectGone(file: string): Promise<void> {
  const id = readFileSync(file, 'utf8').trim()
  await expect
    .poll(() => existsSync(`/proc/${id}`) && !/\) Z /.test(readFileSync(`/proc/${id}/stat`, 'utf8')))
    .toBe(false)
}

test('output, error output and exit status come back apart, and arguments arrive as they were', async () => {
  const argv = ['sh', '-c', 'printf %s "$1"; printf %s "$2" >&2; exit 7', '-', `a'b $HOME "c"\n`, '*']
  expect(await local().run(argv)).toEqual({ exitCode: 7, stdout: `a'b $HOME "c"\n`, stderr: '*' })
})

test('a command that does not exist ends with 127, one that is not executable with 126, one that a signal ended with 128 and its number', async () => {
  expect(await local().run(['no-such-command'])).toMatchObject({
    exitCode: 127,
    stderr: 'no-such-command: not found\n',
  })
  expect(await local().run(['/etc/passwd'])).toMatchObject({ exitCode: 126 })
  expect(await local().run(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ exitCode: 137, signal: 'KILL' })
})

test('a NUL is refused', async () => {
  await expect(local().run(['echo', 'a\0b'])).rejects.toMatchObject({ code: 'invalid' })
})

test('standard input comes from a text or a stream, is empty otherwise, and need not be read', async () => {
  expect((await local().run(['cat'])).stdout).toBe('')
  expect((await local().run(['cat'], { stdin: Readable.from(['a', Buffer.from('b')]) })).stdout).toBe('ab')
  expect(await local().run(['true'], { stdin: 'x'.repeat(1_000_000) })).toMatchObject({ exitCode: 0 })
})

test('commands start in the home folder, or where they are told', async () => {
  const cwd = folder()
  expect((await local({ cwd }).run(['pwd'])).stdout).toBe(`${cwd}\n`)
})

test('aborting ends the command and what it has started', async () => {
  const file = join(folder(), 'id')
  const abort = new AbortController()
  const stdout = onOutput(() => abort.abort(new Error('enough')))
  await expect(local().run(['sh', '-c', WITH_CHILD, file], { stdout, signal: abort.signal })).rejects.toThrow('enough')
  await expectGone(file)
})

test('the end of its time does the same', async () => {
  const file = join(folder(), 'id')
  await expect(local().run(['sh', '-c', WITH_CHILD, file], { timeout: 200 })).rejects.toMatchObject({
    code: 'timeout',
    message: 'sh did not end within 0.2 s and was stopped',
  })
  await expectGone(file)
})

test('closing does the same, and nothing runs afterwards', async () => {
  const file = join(folder(), 'id')
  const executor = local()
  const stdout = onOutput(() => void executor.close())
  await expect(executor.run(['sh', '-c', WITH_CHILD, file], { stdout })).rejects.toMatchObject({ code: 'interrupted' })
  await expectGone(file)
  await expect(executor.run(['true'])).rejects.toMatchObject({ code: 'interrupted' })
})

test('what has left the group and holds the output open is not waited for', async () => {
  const file = join(folder(), 'id')
  const abort = new AbortController()
  const stdout = onOutput(() => abort.abort(new Error('enough')))
  const argv = ['sh', '-c', 'setsid sh -c \'echo $$ >"$0"; echo; sleep 1000\' "$0"; wait', file]
  const run = local({ clock: new JumpingClock() }).run(argv, { stdout, signal: abort.signal })
  await expect(run).rejects.toThrow('enough')
  process.kill(-Number(readFileSync(file, 'utf8')), 'SIGKILL')
})

test('output that cannot be written ends the command', async () => {
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(new Error('no space')) })
  await expect(local().run(['yes'], { stdout })).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('no space'),
  })
})
