import { PassThrough, Readable, Writable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import type { GuestRuntime } from '../../../../src/lib/simulator/guest/guest-runtime.js'
import { container, PATH, run, sh } from './support.js'

let guests: GuestRuntime

beforeEach(async () => {
  guests = await container('busybox')
})

describe('a command in a container', () => {
  it('gets its arguments unchanged, without a shell', async () => {
    expect((await run(guests, ['printf', '<%s>', '$HOME', '*', '', 'a  b', '--', ';'])).stdout).toBe(
      '<$HOME><*><><a  b><--><;>',
    )
  })

  it('ends with 127 when it does not exist and 126 when it may not be executed', async () => {
    expect(await run(guests, ['nothing'])).toMatchObject({
      status: 127,
      stderr: expect.stringMatching(/^lxc-attach: 100: .* No such file or directory - Failed to exec "nothing"\n$/),
    })
    expect(await run(guests, ['/etc/passwd'])).toMatchObject({
      status: 126,
      stderr: expect.stringContaining('Permission denied - Failed to exec "/etc/passwd"'),
    })
  })

  it('ends with 128+N when signal N kills it', async () => {
    expect((await sh(guests, 'kill -TERM $$')).status).toBe(143)
  })

  it('is found in PATH and nowhere else', async () => {
    await sh(
      guests,
      'mkdir -p /usr/local/bin; printf "#!/bin/sh\\necho tool \\$1\\n" > /usr/local/bin/tool; chmod +x /usr/local/bin/tool',
    )
    expect(await run(guests, ['tool', 'x'])).toMatchObject({ status: 0, stdout: 'tool x\n' })
    expect((await run(guests, ['tool'], { environment: { PATH: '/sbin:/bin:/usr/sbin:/usr/bin' } })).status).toBe(127)
  })

  it('starts in the directory of the caller if that is there, else in /', async () => {
    expect((await run(guests, ['pwd'], { cwd: '/etc' })).stdout).toBe('/etc\n')
    expect((await run(guests, ['pwd'], { cwd: '/nowhere' })).stdout).toBe('/\n')
  })

  it('is killed with all its children when the caller goes away', async () => {
    const caller = new AbortController()
    const started = new PassThrough()
    const running = guests.exec(100, ['sh', '-c', 'echo go; (sleep 1000); sleep 1000'], {
      stdin: Readable.from([]),
      stdout: started,
      stderr: new PassThrough(),
      environment: { PATH },
      cwd: '/',
      signal: caller.signal,
    })
    await new Promise((resolve) => started.once('data', resolve))
    caller.abort()
    expect(await running).toBe(137)
    expect((await sh(guests, 'ps')).stdout).not.toContain('sleep')
  })

  it('leaves a background command running when it ends itself, and the container takes it along', async () => {
    await sh(guests, 'sleep 1000 & echo $!')
    expect((await sh(guests, 'pgrep sleep')).status).toBe(0)
    await guests.kill(100)
    expect(guests.isRunning(100)).toBe(false)
    await expect(run(guests, ['true'])).rejects.toThrow('not running')
  })

  it('reads no faster than somebody takes what it writes', async () => {
    let taken = 0
    let given = 0
    const chunk = Buffer.alloc(64 * 1024)
    const stdin = new Readable({
      read() {
        given += chunk.length
        this.push(given > 50 * 1024 ** 2 ? null : chunk)
      },
    })
    let mostAhead = 0
    const stdout = new Writable({
      highWaterMark: 64 * 1024,
      write(piece: Buffer, _encoding, done) {
        taken += piece.length
        mostAhead = Math.max(mostAhead, given - taken)
        setImmediate(done)
      },
    })
    const status = await guests.exec(100, ['sh', '-c', 'cat | cat'], {
      stdin,
      stdout,
      stderr: new PassThrough(),
      environment: { PATH },
      cwd: '/',
      signal: new AbortController().signal,
    })
    expect([status, taken]).toEqual([0, 50 * 1024 ** 2])
    expect(mostAhead).toBeLessThan(2 * 1024 ** 2)
  })

  it('fails, waits or dies as a fault script orders, wherever in a script it is called', async () => {
    const orders = new Map([
      ['exec:apt-get update', { do: 'fail', code: 100, message: 'E: The repository is not signed.' }],
      ['exec:true', { do: 'exit', code: 9 }],
    ])
    const faulty = await container('debian-12', { faults: { at: (point) => orders.get(point) } })
    expect(await sh(faulty, 'apt-get update && echo never; echo $?')).toMatchObject({
      stdout: '100\n',
      stderr: 'E: The repository is not signed.\n',
    })
    expect((await run(faulty, ['true'])).status).toBe(9)
  })
})

describe('files from outside', () => {
  it('are written with mode and owner, and read back', async () => {
    await guests.writeFile(100, '/root/f', Buffer.from('data'), { mode: 0o640, uid: 5, gid: 6 })
    expect((await sh(guests, 'stat -c "%a %u:%g %s" /root/f')).stdout).toBe('640 5:6 4\n')
    expect(Buffer.from(await guests.readFile(100, '/root/f')).toString()).toBe('data')
  })

  it('need their directory', async () => {
    await expect(guests.writeFile(100, '/nowhere/f', Buffer.from(''), { mode: 0o644, uid: 0, gid: 0 })).rejects.toThrow(
      'No such file or directory',
    )
    await expect(guests.readFile(100, '/nowhere')).rejects.toThrow('No such file or directory')
  })
})
