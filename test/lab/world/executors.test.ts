import { createHash, type Hash, randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { ContainerLogin } from '../../../src/lib/executor/container-shell.js'
import { openContainerShell } from '../../../src/lib/executor/open-container-shell.js'
import { pullFile } from '../../../src/lib/executor/pull-file.js'
import { pushFile } from '../../../src/lib/executor/push-file.js'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import type { ContainerRef } from '../../../src/lib/pve/client.js'
import { loadSettings } from '../../../src/lib/settings/load.js'
import type { ExecutionMode } from '../../../src/lib/settings/settings.js'
import { MemoryWatch } from '../../support/memory-watch.js'
import { type ContainerSshd, startContainerSshd } from '../container-sshd.js'
import { inLab, world } from '../in-lab.js'
import { command } from '../lxc/command.js'
import { type LabNode, startLabNode } from '../node.js'
import { nodeSsh, sshdConnections, sshdLog } from '../node-ssh.js'

const WRONG = `SHA256:${'A'.repeat(43)}`

inLab('commands in a real container', () => {
  let node: LabNode
  let sshd: ContainerSshd
  let ct: ContainerRef

  beforeAll(async () => {
    node = await startLabNode()
    await node.createContainer(201, '10.0.2.21/24')
    ct = await node.client.containers.find(201)
    sshd = await startContainerSshd(201)
  })
  afterAll(() => node.close())

  /** The way in that a command of the product takes with these settings. */
  const open = (mode: ExecutionMode, environment: Readonly<Record<string, string>> = {}) => {
    const own = { PVE_EXEC_MODE: mode, PVE_CONTAINER_HOST_FINGERPRINT: sshd.fingerprint }
    const settings = loadSettings({ environment: { ...node.environment, ...own, ...environment }, cwd: '/' })
    return openContainerShell(node.client, settings, ct)
  }
  const containerLog = async () => {
    const start = (await sshd.log()).length
    return async () => (await sshd.log()).slice(start).split('\n').filter(Boolean)
  }
  const ways: Readonly<Record<'pve-ssh' | 'container-ssh', Way>> = {
    'pve-ssh': {
      pin: 'PVE_SSH_HOST_FINGERPRINT',
      log: sshdLog,
      async breaker() {
        const others = await sshdConnections()
        return async () => {
          for (const id of (await sshdConnections()).filter((id) => !others.includes(id))) process.kill(id, 'SIGKILL')
        }
      },
    },
    'container-ssh': {
      pin: 'PVE_CONTAINER_HOST_FINGERPRINT',
      log: containerLog,
      breaker: async () => () => sshd.killConnections(),
    },
  }

  it('takes the pct of this machine by itself, for it leads to the same container', async () => {
    const shell = await open('auto')
    expect(shell.way).toBe('pct on this machine')
    expect((await shell.run(['hostname'])).stdout).toBe('ct201\n')
    await shell.close()
  })

  describe.each(['local', 'pve-ssh', 'container-ssh'] as const)('by %s', (mode) => {
    let shell: ContainerLogin
    const run = (...argv: readonly string[]) => shell.run(argv)
    const sh = async (script: string) => (await run('sh', '-c', script)).stdout

    beforeAll(async () => {
      shell = await open(mode)
    })
    afterAll(() => shell.close())

    it('receive any of 1,000 random argv as it is', async () => {
      // Twenty at a time, so that they take seconds.
      const batch = fc.array(anyArgv, { minLength: 20, maxLength: 20 })
      await fc.assert(
        fc.asyncProperty(batch, async (argvs) => {
          const words = argvs.flatMap((argv) => [...argv, 'end of argv'])
          const { stdout } = await run('sh', '-c', 'cat /proc/$$/cmdline; true', ...words)
          expect(stdout.split('\0').slice(3, -1)).toEqual(words)
        }),
        { numRuns: 50 },
      )
    })

    it('are refused with a NUL', async () => {
      await expect(run('echo', 'a\0b')).rejects.toMatchObject({ code: 'invalid' })
    })

    it('may have any name', async () => {
      await sh('printf "#!/bin/sh\\necho \\"\\$0 \\$1\\"\\n" >"/root/a=b -c"; chmod 755 "/root/a=b -c"')
      expect((await run('/root/a=b -c', '--')).stdout).toBe('/root/a=b -c --\n')
    })

    it('find the same clean environment', async () => {
      expect(
        (await sh('env'))
          .trim()
          .split('\n')
          .filter((line) => !/^(PWD|SHLVL|_)=/.test(line))
          .toSorted(),
      ).toEqual(['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'TERM=linux', 'container=lxc'])
    })

    it('end with every exit status', async () => {
      const statuses = Array.from({ length: 256 }, (_value, status) => status)
      const exitCodes: number[] = []
      for (let first = 0; first < 256; first += 16) {
        const some = statuses.slice(first, first + 16)
        const results = await Promise.all(some.map((status) => run('sh', '-c', `exit ${status}`)))
        exitCodes.push(...results.map(({ exitCode }) => exitCode))
      }
      expect(exitCodes).toEqual(statuses)
    })

    it.each([
      ['KILL', 9],
      ['TERM', 15],
      ['SEGV', 11],
    ] as const)('may die by SIG%s', async (signal, number) => {
      expect(await run('sh', '-c', `kill -${signal} $$; sleep 10`)).toMatchObject({ exitCode: 128 + number })
    })

    it('that are not there are told from those that failed', async () => {
      expect(await run('no-such-command')).toMatchObject({ exitCode: 127 })
      expect(await run('/etc/passwd')).toMatchObject({ exitCode: 126 })
    })

    it('keep stdout and stderr apart', async () => {
      const script = 'i=0; while [ $i -lt 500 ]; do echo out $i; echo err $i >&2; i=$((i+1)); done'
      const { stdout, stderr } = await run('sh', '-c', script)
      const lines = (name: string) => Array.from({ length: 500 }, (_value, index) => `${name} ${index}\n`).join('')
      expect(stdout).toBe(lines('out'))
      expect(stderr).toBe(lines('err'))
    })

    it('pass 50 MB through intact, with flat memory', async () => {
      const memory = new MemoryWatch(FLAT)
      await passThrough(shell, 800, memory)
      expect(memory.growth).toBeLessThan(FLAT)
    })

    describe('that are stopped', () => {
      const scripts = Object.entries({
        'with children': 'sleep 4321 & sleep 4321',
        'in the middle of a pipe': 'sleep 4321 | sleep 4321',
        'ignoring TERM': "trap '' TERM; sleep 4321; sleep 4321",
      })
      afterEach(async () => {
        expect(await sh('ps')).not.toContain('sleep 4321')
      })

      it.each(scripts)('by their timeout leave no process in the container (%s)', async (_name, script) => {
        const stopped = shell.run(['sh', '-c', script], { timeout: 300 })
        await expect(stopped).rejects.toMatchObject({ code: 'timeout' })
      })

      it.each(scripts)('by their caller leave no process in the container (%s)', async (_name, script) => {
        const abort = new AbortController()
        const stdout = onFirstOutput(() => abort.abort(new Error('no longer wanted')))
        const argv = ['sh', '-c', `echo started; ${script}`]
        await expect(shell.run(argv, { stdout, signal: abort.signal })).rejects.toThrow('no longer wanted')
      })
    })

    it('carry files both ways, 20 MB with flat memory, and leave nothing beside them', async () => {
      const [sent, received] = [createHash('sha256'), createHash('sha256')]
      const memory = new MemoryWatch(FLAT)
      const source = Readable.from(blocks(320, sent, memory))
      const push = () => pushFile(shell, source, '/root/pushed', { mode: '640', owner: '7:8' })
      expect(await push()).toEqual({ path: '/root/pushed', bytes: 320 * BLOCK })
      expect(await sh('stat -c "%a %u:%g %s" /root/pushed; ls -A /root | grep cmux')).toBe(`640 7:8 ${320 * BLOCK}\n`)
      let slow = true
      const sink = new Writable({
        write(chunk: Buffer, _encoding, done) {
          received.update(chunk)
          memory.look()
          // So slow at first that all of the file would have come.
          if (slow) setTimeout(done, 700)
          else done()
          slow = false
        },
      })
      expect(await pullFile(shell, '/root/pushed', sink)).toEqual({ bytes: 320 * BLOCK, mode: 0o640 })
      expect(memory.growth).toBeLessThan(FLAT)
      expect(received.digest('hex')).toBe(sent.digest('hex'))
    })

    it('leave nothing of a file whose source fails or whose caller gives up', async () => {
      const failing = Readable.from(
        (function* () {
          yield Buffer.from('half')
          throw new Error('the disk broke')
        })(),
      )
      await expect(pushFile(shell, failing, '/root/half')).rejects.toThrow('the disk broke')
      const abort = new AbortController()
      const endless = Readable.from(
        (function* () {
          for (let count = 0; ; count++) {
            if (count === 100) abort.abort(new Error('no longer wanted'))
            yield Buffer.alloc(BLOCK)
          }
        })(),
      )
      await expect(pushFile(shell, endless, '/root/half', { signal: abort.signal })).rejects.toThrow('no longer wanted')
      await expect.poll(() => sh('ls -A /root | grep half')).toBe('')
    })
  })

  describe.each(['pve-ssh', 'container-ssh'] as const)('by %s', (mode) => {
    const { pin, log, breaker } = ways[mode]

    it('share one connection', async () => {
      const since = await log()
      const shell = await open(mode)
      const runs = Array.from({ length: 20 }, (_value, index) => shell.run(['echo', `${index}`]))
      expect((await Promise.all(runs)).map(({ stdout }) => Number(stdout))).toEqual([...runs.keys()])
      await shell.close()
      expect((await since()).filter((line) => line.includes('Accepted publickey'))).toHaveLength(1)
    })

    it('fail when sshd is killed in the middle of them, and the next one connects again', async () => {
      const breakConnection = await breaker()
      const shell = await open(mode)
      const stdout = onFirstOutput(() => void breakConnection())
      const running = shell.run(['sh', '-c', 'echo started; sleep 5'], { stdout })
      await expect(running).rejects.toMatchObject({ code: 'unavailable' })
      expect(await shell.run(['echo', 'again'])).toMatchObject({ stdout: 'again\n' })
      await shell.close()
    })

    it('leave nothing of a file when sshd is killed in the middle of it', async () => {
      const breakConnection = await breaker()
      const shell = await open(mode)
      const endless = Readable.from(
        (async function* () {
          for (let count = 0; ; count++) {
            if (count === 100) await breakConnection()
            yield Buffer.alloc(BLOCK)
          }
        })(),
      )
      await expect(pushFile(shell, endless, '/root/cut')).rejects.toMatchObject({ code: 'unavailable' })
      await expect.poll(async () => (await shell.run(['ls', '-A', '/root'])).stdout).not.toContain('cut')
      await shell.close()
    })

    it('are not even named to a host whose key is wrong, and neither is the user', async () => {
      const since = await log()
      const shell = await open(mode, { [pin]: WRONG })
      await expect(shell.run(['touch', '/run/reached'])).rejects.toMatchObject({ code: 'untrusted' })
      await shell.close()
      await expect.poll(async () => (await since()).join('\n')).toMatch(/Killing privsep child/)
      const lines = (await since()).join('\n')
      expect(lines).toMatch(/Connection (?:closed|reset) by|Disconnected from/)
      expect(lines).not.toMatch(/userauth|for user|touch/)
      const right = await open(mode)
      expect((await right.run(['ls', '/run'])).stdout).not.toContain('reached')
      await right.close()
      expect((await since()).join('\n')).toMatch(/userauth-request for user root/)
    })
  })

  it('by pve-ssh reach a host that known_hosts holds hashed', async () => {
    const { fingerprint: _pinned, ...unpinned } = await nodeSsh()
    const knownHostsFile = join(world().directory, 'disk/tmp/known_hosts')
    await writeFile(knownHostsFile, await command('ssh-keyscan', '-H', '127.0.0.1'))
    const executor = new SshExecutor({ ...unpinned, knownHostsFile })
    expect(await executor.run(['hostname'])).toMatchObject({ stdout: 'pve1\n' })
    await executor.close()
  })

  it('by container-ssh reach an address of IPv6 alone, and one from DHCP', async () => {
    await command('ip', 'address', 'add', 'fd00:21::1/64', 'dev', 'vmbr0', 'nodad')
    const local = await open('local')
    await local.run(['ip', 'address', 'add', 'fd00:21::5/64', 'dev', 'eth0'])
    await local.run(['ip', 'address', 'del', '10.0.2.21/24', 'dev', 'eth0'])
    const six = await open('container-ssh')
    expect(six.way).toBe('root@[fd00:21::5]:22')
    expect((await six.run(['hostname'])).stdout).toBe('ct201\n')
    await six.close()
    await local.run(['ip', 'address', 'del', 'fd00:21::5/64', 'dev', 'eth0'])
    const leased = open('container-ssh')
    await local.run(['busybox', 'udhcpc', '-i', 'eth0', '-q', '-n', '-s', '/etc/network/lease'])
    const shell = await leased
    expect(shell.way).toMatch(/^root@10\.0\.2\.\d+:22$/)
    expect((await shell.run(['hostname'])).stdout).toBe('ct201\n')
    await shell.close()
    await local.close()
  })
})

/** One way over SSH, as its own sshd sees it. */
interface Way {
  /** The variable that pins its host key. */
  readonly pin: string
  /** Remembers how long the log is now; the returned function answers the lines that came since. */
  readonly log: () => Promise<() => Promise<readonly string[]>>
  /** Gives a function that kills the connections made from now on. */
  readonly breaker: () => Promise<() => Promise<void>>
}

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
const anyArgv = fc.array(
  word.filter((text) => !text.includes('\0') && Buffer.from(text).toString() === text),
  { maxLength: 8 },
)

const onFirstOutput = (act: () => void): Writable => {
  let first = true
  return new Writable({
    write(_chunk, _encoding, done) {
      if (first) act()
      first = false
      done()
    },
  })
}

const BLOCK = 64 * 1024

/** Memory that does not grow with what passes: less than this (bytes), whatever the buffers on the way hold. */
const FLAT = 12_000_000

function* blocks(count: number, hash: Hash, memory: MemoryWatch): Generator<Buffer> {
  const block = randomBytes(BLOCK)
  for (let index = 0; index < count; index++) {
    block.writeUInt32LE(index)
    hash.update(block)
    memory.look()
    yield Buffer.from(block)
  }
}

/** Sends blocks of 64 KiB through `cat` in the container, and checks what comes back. */
async function passThrough(shell: ContainerLogin, count: number, memory: MemoryWatch): Promise<void> {
  const [sent, received] = [createHash('sha256'), createHash('sha256')]
  let bytes = 0
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      received.update(chunk)
      bytes += chunk.length
      memory.look()
      done()
    },
  })
  const { exitCode } = await shell.run(['cat'], { stdin: Readable.from(blocks(count, sent, memory)), stdout })
  expect([exitCode, bytes]).toEqual([0, count * BLOCK])
  expect(received.digest('hex')).toBe(sent.digest('hex'))
}
