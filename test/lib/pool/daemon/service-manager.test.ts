import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { serviceManager } from '../../../../src/lib/pool/daemon/life/service-manager.js'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** What systemd listens on: a datagram socket, which Node cannot open. Perl is part of every Debian. */
const RECEIVER = `
use Socket;
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, pack_sockaddr_un($ARGV[0])) or die $!;
$| = 1;
print "listening\\n";
while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\\n/ /g; print "$text\\n" }
`

async function receiver() {
  const folder = mkdtempSync(join(tmpdir(), 'notify-'))
  const path = join(folder, 'notify')
  const child = spawn('perl', ['-e', RECEIVER, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  stops.push(() => {
    child.kill()
    rmSync(folder, { recursive: true })
  })
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  /** The next word, leaving out those that systemd-notify adds to know that it was heard. */
  const next = async (): Promise<string> => {
    const { value } = await lines.next()
    return String(value).startsWith('BARRIER') ? next() : String(value).trim()
  }
  expect(await next()).toBe('listening')
  return { path, next }
}

const isThere = (program: string) => spawnSync(program, ['--version']).status === 0
const failures: string[] = []
const manager = (environment: Readonly<Record<string, string | undefined>>) =>
  serviceManager({
    environment: { PATH: process.env['PATH'], ...environment },
    pid: 4711,
    onFailure: (message) => void failures.push(message),
  })

describe('systemd', () => {
  it.runIf(isThere('systemd-notify') && isThere('perl'))(
    'is told that the daemon is ready, that it lives, and that it stops',
    async () => {
      const { path, next } = await receiver()
      const told = manager({ NOTIFY_SOCKET: path, WATCHDOG_USEC: '30000000', WATCHDOG_PID: '4711' })
      expect(told?.watchdog).toBe(30_000)
      await told?.ready('Listening on http://127.0.0.1:8007')
      expect(await next()).toBe('READY=1 STATUS=Listening on http://127.0.0.1:8007')
      await told?.alive()
      expect(await next()).toBe('WATCHDOG=1')
      await told?.stopping()
      expect(await next()).toMatch(/^STOPPING=1 /)
      expect(failures).toEqual([])
    },
  )

  it('can still end a daemon by SIGABRT while it is being told something', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'notify-'))
    stops.push(() => rmSync(folder, { recursive: true }))
    const fifo = join(folder, 'fifo')
    spawnSync('mkfifo', [fifo])
    writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\ncat ${fifo}\n`, { mode: 0o700 })
    const before = process.listenerCount('SIGABRT')
    const told = manager({ NOTIFY_SOCKET: '/nowhere', PATH: `${folder}:${process.env['PATH']}` })?.alive()
    // Can be opened when the other end is: it runs now.
    const end = await open(fifo, 'w')
    expect(process.listenerCount('SIGABRT')).toBe(before)
    await end.close()
    await told
    expect(failures).toEqual([])
  })

  it('is not there where nothing says so', () => {
    expect(manager({ WATCHDOG_USEC: '30000000' })).toBeUndefined()
  })

  it('may want no watchdog, or that of another process', () => {
    expect(manager({ NOTIFY_SOCKET: '/run/x' })?.watchdog).toBeUndefined()
    expect(manager({ NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '30000000', WATCHDOG_PID: '1' })?.watchdog).toBeUndefined()
  })

  it('that does not listen, or has no systemd-notify, is a line in the log and no more', async () => {
    await manager({ NOTIFY_SOCKET: '/nowhere/notify' })?.ready('x')
    await manager({ NOTIFY_SOCKET: '/nowhere/notify', PATH: '/nowhere' })?.alive()
    expect(failures).toHaveLength(2)
    expect(failures[0]).toMatch(/^systemd could not be told READY=1: /)
    expect(failures[1]).toMatch(/WATCHDOG=1/)
  })
})
