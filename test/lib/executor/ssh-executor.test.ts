import { once } from 'node:events'
import { Readable, Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { expect, onTestFinished, test } from 'vitest'
import { SshExecutor, type SshOptions } from '../../../src/lib/executor/ssh-executor.js'
import { JumpingClock } from '../../support/jumping-clock.js'
import { type ShellServer, startShellServer } from '../../support/shell-server.js'

function executorFor(server: ShellServer, options: SshOptions = {}): SshExecutor {
  const executor = new SshExecutor(server.settings, { environment: {}, ...options })
  onTestFinished(() => executor.close())
  return executor
}

const sink = (onChunk: (chunk: Buffer) => void = () => {}) =>
  new Writable({
    write(chunk: Buffer, _encoding, done) {
      onChunk(chunk)
      done()
    },
  })

test('one connection serves many commands, also at the same time', async () => {
  const server = await startShellServer()
  const executor = executorFor(server)
  const results = await Promise.all(Array.from({ length: 20 }, (_, index) => executor.run(['echo', String(index)])))
  expect(results.map(({ stdout }) => stdout.trim())).toEqual(results.map((_, index) => String(index)))
  expect(server.connections).toBe(1)
})

test('output, error output and exit status come back apart, and arguments arrive as they were', async () => {
  const executor = executorFor(await startShellServer())
  const argv = ['sh', '-c', 'printf %s "$1"; printf %s "$2" >&2; exit 7', '-', `a'b $HOME "c"\n`, '*']
  expect(await executor.run(argv)).toEqual({ exitCode: 7, stdout: `a'b $HOME "c"\n`, stderr: '*' })
})

test('a command that does not exist ends with 127, one that a signal ended with 128 and its number', async () => {
  const executor = executorFor(await startShellServer())
  expect((await executor.run(['no-such-command'])).exitCode).toBe(127)
  expect(await executor.run(['sh', '-c', 'kill -KILL $$'])).toMatchObject({ exitCode: 137, signal: 'KILL' })
})

test('standard input comes from a text or a stream, and is empty otherwise', async () => {
  const executor = executorFor(await startShellServer())
  expect((await executor.run(['cat'])).stdout).toBe('')
  expect((await executor.run(['cat'], { stdin: 'abc' })).stdout).toBe('abc')
  expect((await executor.run(['cat'], { stdin: Readable.from(['a', Buffer.from('b')]) })).stdout).toBe('ab')
})

test('a slow reader holds the command back: 50 MB never pile up', async () => {
  const server = await startShellServer()
  const executor = executorFor(server)
  let received = 0
  let held = 0
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      received += chunk.length
      held = Math.max(held, server.sent - received)
      setImmediate(done)
    },
  })
  const { exitCode } = await executor.run(['head', '-c', '50000000', '/dev/zero'], { stdout })
  await finished(stdout.end())
  expect({ exitCode, received }).toEqual({ exitCode: 0, received: 50_000_000 })
  // ssh2 buffers 2 MiB on each side and has 2 MiB on the way.
  expect(held).toBeLessThan(10_000_000)
})

test('50 MB of input arrive whole', async () => {
  const executor = executorFor(await startShellServer())
  const input = Readable.from(
    (function* () {
      for (let index = 0; index < 50; index++) yield Buffer.alloc(1_000_000)
    })(),
  )
  expect((await executor.run(['wc', '-c'], { stdin: input })).stdout.trim()).toBe('50000000')
})

test('a connection lost in the middle of a command is an error, and the next command connects anew', async () => {
  const server = await startShellServer()
  const executor = executorFor(server)
  const started = sink(() => server.cut())
  await expect(executor.run(['sh', '-c', 'echo started; sleep 100'], { stdout: started })).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('was lost while sh ran'),
  })
  expect((await executor.run(['echo', 'again'])).stdout).toBe('again\n')
  expect(server.connections).toBe(2)
})

test('a connection that went dead is noticed by keep-alives', async () => {
  const server = await startShellServer()
  const executor = executorFor(server, { keepAliveInterval: 40 })
  const started = sink(() => server.silence())
  await expect(executor.run(['sh', '-c', 'echo started; sleep 100'], { stdout: started })).rejects.toMatchObject({
    code: 'unavailable',
  })
})

test('aborting ends the remote command and everything it started', async () => {
  const server = await startShellServer()
  const controller = new AbortController()
  const started = sink(() => controller.abort(new Error('enough')))
  const running = executorFor(server).run(['sh', '-c', 'sleep 100 & echo started; wait'], {
    stdout: started,
    signal: controller.signal,
  })
  await expect(running).rejects.toThrow('enough')
  expect(server.processes[0]?.signalCode).toBe('SIGTERM')
  expect(server.lines[1]).toBe(`kill -s TERM -- -${server.processes[0]?.pid}`)
})

test('a command that ignores being asked is forced', async () => {
  const server = await startShellServer()
  const controller = new AbortController()
  const started = sink(() => controller.abort(new Error('enough')))
  const running = executorFor(server, { clock: new JumpingClock() }).run(
    ['sh', '-c', 'trap "" TERM; echo started; while :; do sleep 1; done'],
    { stdout: started, signal: controller.signal },
  )
  await expect(running).rejects.toThrow('enough')
  const [process] = server.processes
  if (process !== undefined && process.signalCode === null) await once(process, 'exit')
  expect(process?.signalCode).toBe('SIGKILL')
})

test('a command that takes longer than its time limit is ended, with code timeout', async () => {
  const server = await startShellServer()
  const clock = new JumpingClock()
  const started = sink(() => clock.advance(60_000))
  const running = executorFor(server, { clock }).run(['sh', '-c', 'echo started; exec sleep 100'], {
    stdout: started,
    timeout: 30_000,
  })
  await expect(running).rejects.toMatchObject({ code: 'timeout', message: expect.stringContaining('30 s') })
  const [process] = server.processes
  if (process !== undefined && process.signalCode === null) await once(process, 'exit')
  expect(process?.signalCode).toMatch(/^SIG(TERM|KILL)$/)
})

test('output that nobody takes ends the command', async () => {
  const server = await startShellServer()
  const broken = new Writable({
    write(_chunk, _encoding, done) {
      done(new Error('EPIPE'))
    },
  })
  await expect(
    executorFor(server).run(['sh', '-c', 'echo lost; sleep 1000'], { stdout: broken }),
  ).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringContaining('EPIPE'),
  })
  expect(server.processes[0]?.signalCode).not.toBeNull()
})

test('an aborted signal starts nothing', async () => {
  const server = await startShellServer()
  await expect(executorFor(server).run(['true'], { signal: AbortSignal.abort(new Error('no')) })).rejects.toThrow('no')
  expect(server.connections).toBe(0)
})

test('a terminal has the size of ours, follows it, and needs no process id', async () => {
  const server = await startShellServer()
  let resize: (size: { columns: number; rows: number }) => void = () => {}
  let listening = false
  const tty = {
    columns: 100,
    rows: 40,
    type: 'screen',
    onResize(listener: typeof resize) {
      resize = listener
      listening = true
      return () => {
        listening = false
      }
    },
  }
  const stdout = sink(() => resize({ columns: 80, rows: 24 }))
  const stdin = new Readable({ read() {} })
  const running = executorFor(server).run(['sh', '-c', 'echo started; read line'], { tty, stdout, stdin })
  while (server.terminals.length < 2) await new Promise((resolve) => setImmediate(resolve))
  stdin.push('\n')
  await running
  expect(server.terminals).toMatchObject([
    { cols: 100, rows: 40, term: 'screen' },
    { cols: 80, rows: 24 },
  ])
  expect(server.lines).toEqual(["sh -c 'echo started; read line'"])
  expect(listening).toBe(false)
})
