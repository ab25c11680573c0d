import { createHash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { isCmuxError } from '../../../src/lib/errors.js'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import type { SshSettings } from '../../../src/lib/settings/settings.js'
import { inLab, world } from '../in-lab.js'
import { command } from '../lxc/command.js'
import { containerSpec } from '../lxc/containers.js'
import { LxcGuests } from '../lxc/lxc-guests.js'
import { nodeSsh, sshdConnections, sshdLog } from '../node-ssh.js'

inLab('commands in a real container over a real sshd', () => {
  let guests: LxcGuests
  let ssh: SshSettings
  let executor: SshExecutor

  beforeAll(async () => {
    guests = new LxcGuests(world())
    ssh = await nodeSsh()
    const spec = containerSpec(201)
    await guests.createVolume(spec.rootfs, { osTemplate: 'busybox' })
    await guests.start(spec)
    executor = new SshExecutor(ssh)
  })
  afterAll(async () => {
    await executor.close()
    await guests.kill(201)
    guests.close()
  })

  it('hands over any argv as it is', async () => {
    const word = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: fc.constantFrom(...'\'"`$(){}[]<>|&;*?!#~\\ \t\n\r=-%') }),
      fc.constantFrom(
        '',
        '-',
        '--',
        '-c',
        '--keep-env',
        '$(id)',
        '`id`',
        '\n',
        "'",
        '"',
        '\\',
        'ünïcödé 🦊',
        '~',
        '*',
        '!!',
      ),
    )
    const argv = fc.array(
      word.filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text),
      { maxLength: 8 },
    )
    // Forty at a time, so that 1,000 take seconds.
    const batch = fc.array(argv, { minLength: 40, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(batch, async (argvs) => {
        const words = argvs.flatMap((words) => [...words, 'end of argv'])
        const { stdout } = await executor.run(inside('sh', '-c', 'cat /proc/$$/cmdline; true', ...words))
        expect(stdout.split('\0').slice(3, -1)).toEqual(words)
      }),
      { numRuns: 25 },
    )
  })

  it('refuses a NUL', async () => {
    await expect(executor.run(inside('echo', 'a\0b'))).rejects.toMatchObject({ code: 'invalid' })
  })

  it('tells every exit status', async () => {
    const statuses = Array.from({ length: 256 }, (_value, status) => status)
    const results = await Promise.all(statuses.map((status) => executor.run(inside('sh', '-c', `exit ${status}`))))
    expect(results.map(({ exitCode }) => exitCode)).toEqual(statuses)
  })

  it('tells a death by signal', async () => {
    for (const [signal, number] of [
      ['KILL', 9],
      ['TERM', 15],
      ['SEGV', 11],
    ] as const) {
      const died = ['sh', '-c', `kill -${signal} $$; sleep 10`]
      expect(await executor.run(inside(...died))).toMatchObject({ exitCode: 128 + number })
      expect(await executor.run(died)).toMatchObject({ exitCode: 128 + number, signal })
    }
  })

  it('tells a command that is not there from one that failed', async () => {
    expect(await executor.run(inside('no-such-command'))).toMatchObject({ exitCode: 127 })
    expect(await executor.run(inside('/etc/passwd'))).toMatchObject({ exitCode: 126 })
  })

  it('keeps stdout and stderr apart', async () => {
    const script = 'i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done'
    const { stdout, stderr } = await executor.run(inside('sh', '-c', script))
    const lines = (name: string) => Array.from({ length: 500 }, (_value, index) => `${name} ${index}\n`).join('')
    expect(stdout).toBe(lines('out'))
    expect(stderr).toBe(lines('err'))
  })

  it('passes 50 MB through intact, with flat memory', async () => {
    // The first time shows what buffers cost; the second must not cost more.
    await passThrough(executor, 800)
    const before = process.memoryUsage.rss()
    const peak = await passThrough(executor, 800)
    expect(peak - before).toBeLessThan(20_000_000)
  })

  describe('that is stopped', () => {
    const scripts = {
      'with children': 'sleep 4321 & sleep 4321',
      'in the middle of a pipe': 'sleep 4321 | sleep 4321',
      'ignoring TERM': "trap '' TERM; sleep 4321; sleep 4321",
    }
    afterEach(async () => {
      const { stdout } = await executor.run(inside('ps'))
      expect(stdout).not.toContain('4321')
    })

    it.each(Object.entries(scripts))(
      'by its timeout leaves no process in the container (%s)',
      async (_name, script) => {
        await expect(executor.run(inside('sh', '-c', script), { timeout: 300 })).rejects.toMatchObject({
          code: 'timeout',
        })
      },
    )

    it.each(Object.entries(scripts))('by its caller leaves no process in the container (%s)', async (_name, script) => {
      const abort = new AbortController()
      const stdout = new Writable({
        write: (_chunk, _encoding, done) => {
          abort.abort(new Error('no longer wanted'))
          done()
        },
      })
      const started = `echo started; ${script}`
      await expect(executor.run(inside('sh', '-c', started), { stdout, signal: abort.signal })).rejects.toThrow(
        'no longer wanted',
      )
    })
  })

  it('shares one connection', async () => {
    const since = await sshdLog()
    const own = new SshExecutor(ssh)
    const runs = Array.from({ length: 20 }, (_value, index) => own.run(inside('echo', `${index}`)))
    expect((await Promise.all(runs)).map(({ stdout }) => Number(stdout))).toEqual([...runs.keys()])
    await own.close()
    expect((await since()).filter((line) => line.includes('Accepted publickey'))).toHaveLength(1)
  })

  it('reports an sshd that was killed in mid-command, and connects again for the next', async () => {
    const own = new SshExecutor(ssh)
    const others = await sshdConnections()
    const stdout = new Writable({
      write: (_chunk, _encoding, done) => {
        void sshdConnections().then((all) => {
          for (const processId of all.filter((id) => !others.includes(id))) process.kill(processId, 'SIGKILL')
        })
        done()
      },
    })
    const running = own.run(inside('sh', '-c', 'echo started; sleep 5'), { stdout })
    await expect(running).rejects.toSatisfy((error) => isCmuxError(error, 'unavailable'))
    expect(await own.run(inside('echo', 'again'))).toMatchObject({ stdout: 'again\n' })
    await own.close()
  })

  describe('whose host key', () => {
    const wrong = `SHA256:${'A'.repeat(43)}`

    it('is wrong sends nothing: no user name, no command', async () => {
      const since = await sshdLog()
      const own = new SshExecutor({ ...ssh, fingerprint: wrong })
      await expect(own.run(['touch', '/run/reached'])).rejects.toMatchObject({ code: 'untrusted' })
      await own.close()
      await expect.poll(async () => (await since()).join('\n')).toMatch(/Killing privsep child/)
      const lines = await since()
      const [, port] = /Connection from \S+ port (\d+)/.exec(lines.join('\n')) ?? []
      const about = lines.filter((line) => line.includes(`port ${port}`))
      expect(about.at(-1)).toContain('Disconnected from 127.0.0.1')
      expect([...about, ...lines.filter((line) => line.includes('userauth'))].join('\n')).not.toMatch(
        /userauth|root|touch/,
      )
      await expect(command('ls', '/run/reached')).rejects.toThrow()
    })

    it('is right sends both, which sshd then logs', async () => {
      const since = await sshdLog()
      const own = new SshExecutor(ssh)
      await own.run(['true'])
      await own.close()
      expect((await since()).join('\n')).toMatch(/userauth-request for user root/)
    })

    it('is known by a hashed line is accepted', async () => {
      const { fingerprint: _pinned, ...unpinned } = ssh
      const knownHostsFile = join(world().directory, 'disk/tmp/known_hosts')
      await writeFile(knownHostsFile, await command('ssh-keyscan', '-H', '127.0.0.1'))
      const own = new SshExecutor({ ...unpinned, knownHostsFile })
      expect(await own.run(['hostname'])).toMatchObject({ stdout: 'pve1\n' })
      await own.close()
    })
  })
})

/** A command in the test's container, as the product runs it. */
function inside(...argv: readonly string[]): readonly string[] {
  return ['pct', 'exec', '201', '--keep-env', '0', '--', ...argv]
}

/** Sends blocks of 64 KiB through `cat` in the container, checks what comes back, and answers the most memory seen: bytes. */
async function passThrough(executor: SshExecutor, count: number): Promise<number> {
  const block = randomBytes(64 * 1024)
  const [sent, received] = [createHash('sha256'), createHash('sha256')]
  const blocks = function* () {
    for (let index = 0; index < count; index++) {
      block.writeUInt32LE(index)
      sent.update(block)
      yield Buffer.from(block)
    }
  }
  let [bytes, peak] = [0, 0]
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      received.update(chunk)
      bytes += chunk.length
      peak = Math.max(peak, process.memoryUsage.rss())
      done()
    },
  })
  const { exitCode } = await executor.run(inside('cat'), { stdin: Readable.from(blocks()), stdout })
  expect([exitCode, bytes]).toEqual([0, count * block.length])
  expect(received.digest('hex')).toBe(sent.digest('hex'))
  return peak
}
