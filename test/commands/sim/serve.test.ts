import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CliResult, cmux } from '../../support/cli.js'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-sim-serve-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const ANY_PORTS = ['--port', '0', '--ssh-port', '0', '--latency', 'instant']

/** Serves until it is ready, then sends it a signal. */
const serve = (argv: readonly string[], name: NodeJS.Signals = 'SIGTERM'): Promise<CliResult> =>
  cmux(['sim', 'serve', ...ANY_PORTS, ...argv], {
    cwd: folder,
    env: { TMPDIR: folder },
    signal: { name, after: /PVE_SSH_KEY[^\n]*\n/, of: 'stdout' },
  })

interface Announced {
  readonly data: {
    readonly simulated: boolean
    readonly fingerprint: string
    readonly version: string
    readonly nodes: readonly { readonly name: string }[]
    readonly environment: Readonly<Record<string, string>>
  }
}
const announced = (result: CliResult) => (result.json() as Announced).data

describe('sim serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'says that it is a simulator and what a shell needs, and ends well on %s',
    async (signal) => {
      const { exitCode, stdout, stderr } = await serve([], signal)
      expect(stdout).toMatch(/^# This is a SIMULATED Proxmox VE 9\.2\.11 \([0-9a-f]{16}-simulated\)/)
      expect(stdout).toMatch(/^export PVE_API_URL='https:\/\/127\.0\.0\.1:\d+'$/m)
      expect(stdout).toMatch(/^export PVE_API_TOKEN='root@pam!cmux=[0-9a-f-]{36}'$/m)
      expect(stderr).toBe('The simulated cluster has stopped.\n')
      expect(exitCode).toBe(0)
    },
  )

  test('writes the settings and the key where only their owner reads them', async () => {
    const file = join(folder, 'sim.env')
    const { stdout } = await serve(['--env-file', 'sim.env'])
    const settings = parse(readFileSync(file))
    expect(settings).toMatchObject({
      PVE_API_URL: expect.stringMatching(/^https:/),
      PVE_TLS_FINGERPRINT: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      PVE_NODE: 'pve1',
      PVE_STORAGE: 'local-lvm',
      PVE_OSTEMPLATE: expect.stringMatching(/^local:vztmpl\/debian/),
      PVE_SSH_HOST: expect.stringMatching(/^root@127\.0\.0\.1:\d+$/),
      PVE_SSH_HOST_FINGERPRINT: expect.stringMatching(/^SHA256:/),
      PVE_TEMPLATE_VMID: '9000',
    })
    const key = String(settings['PVE_SSH_KEY'])
    for (const path of [file, key]) expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(readFileSync(key, 'utf8')).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/)
    for (const [name, value] of Object.entries(settings)) expect(stdout).toContain(`export ${name}='${value}'\n`)
  })

  test('leaves nothing in the folder for temporary files when it is killed, if it has another place for its key', async () => {
    await serve(['--env-file', 'killed.env'], 'SIGKILL')
    expect(readdirSync(folder).filter((name) => name.startsWith('cmux-pve-sim-'))).toEqual([])
  })

  test('replaces the settings of an earlier simulator, and of nobody else', async () => {
    const [own, foreign] = [join(folder, 'own.env'), join(folder, 'foreign.env')]
    await serve(['--env-file', own])
    const before = readFileSync(own, 'utf8')
    expect((await serve(['--env-file', own])).exitCode).toBe(0)
    expect(readFileSync(own, 'utf8')).not.toBe(before)

    writeFileSync(foreign, 'PVE_API_URL=https://pve.example.com:8006\n')
    const refused = await cmux(['sim', 'serve', ...ANY_PORTS, '--env-file', foreign])
    expect(refused.stderr).toContain('foreign.env holds settings that are not of a simulated cluster')
    expect(refused.exitCode).toBe(6)
    expect(readFileSync(foreign, 'utf8')).toBe('PVE_API_URL=https://pve.example.com:8006\n')
  })

  test('does not put its settings in the place of a pipe or a device, nor waits for what it holds', async () => {
    const pipe = join(folder, 'pipe.env')
    execFileSync('mkfifo', [pipe])
    const refused = await cmux(['sim', 'serve', ...ANY_PORTS, '--env-file', pipe])
    expect(refused).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('pipe.env is no file') })
    expect(statSync(pipe).isFIFO()).toBe(true)
  })

  test.each(['ssh-key', 'known_hosts'])(
    'leaves a file that it has not made alone where it would put its own: .%s',
    async (end) => {
      const own = join(folder, `mine-${end}`)
      writeFileSync(`${own}.${end}`, 'precious\n')
      const refused = await cmux(['sim', 'serve', ...ANY_PORTS, '--env-file', own])
      expect(refused.stderr).toContain(`mine-${end}.${end} is there, and `)
      expect(refused.exitCode).toBe(6)
      expect(readdirSync(folder).filter((name) => name.startsWith(`mine-${end}`))).toEqual([`mine-${end}.${end}`])
      expect(readFileSync(`${own}.${end}`, 'utf8')).toBe('precious\n')
    },
  )

  test('takes files for its own only beside the settings that name them', async () => {
    const [first, second] = [join(folder, "it's.env"), join(folder, 'copy.env')]
    await serve(['--env-file', first])
    expect((await serve(['--env-file', first])).exitCode).toBe(0)
    writeFileSync(second, readFileSync(first))
    writeFileSync(`${second}.ssh-key`, 'precious\n')
    expect((await cmux(['sim', 'serve', ...ANY_PORTS, '--env-file', second])).exitCode).toBe(6)
    expect(readFileSync(`${second}.ssh-key`, 'utf8')).toBe('precious\n')
  })

  test('prints one object with --json when it is ready', async () => {
    const result = await serve([
      '--json',
      '--nodes',
      '2',
      '--storage',
      'zfspool',
      '--pve-version',
      '8.4',
      '--no-template',
    ])
    expect(announced(result)).toMatchObject({
      simulated: true,
      version: '8.4.14',
      nodes: [{ name: 'pve1' }, { name: 'pve2' }],
      environment: { PVE_STORAGE: 'local-zfs' },
    })
    expect(announced(result).environment).not.toHaveProperty('PVE_TEMPLATE_VMID')
    expect(result.exitCode).toBe(0)
  })

  test('goes on from its state file as the same cluster', async () => {
    const first = announced(await serve(['--json', '--state', 'cluster.state', '--containers', '3']))
    expect(statSync(join(folder, 'cluster.state')).mode & 0o777).toBe(0o600)
    const second = announced(await serve(['--json', '--state', 'cluster.state']))
    expect(second.fingerprint).toBe(first.fingerprint)
    for (const name of ['PVE_API_TOKEN', 'PVE_SSH_HOST_FINGERPRINT', 'PVE_TEMPLATE_VMID'])
      expect(second.environment[name]).toBe(first.environment[name])
  })

  test('warns when it can be reached from elsewhere', async () => {
    const { stderr, exitCode } = await serve(['--host', '0.0.0.0'])
    expect(stderr).toContain('This simulator can be reached from other machines (0.0.0.0).')
    expect(exitCode).toBe(0)
  })
})

describe('sim serve refuses', () => {
  const failure = async (argv: readonly string[], ports: readonly string[] = ANY_PORTS) => {
    const { exitCode, stderr } = await cmux(['sim', 'serve', ...ports, ...argv], { cwd: folder })
    return { exitCode, stderr }
  }

  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const address = other.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const { exitCode, stderr } = await failure(['--port', String(port)], ['--ssh-port', '0'])
    const { stdout } = await cmux(['sim', 'serve', '--port', String(port), '--ssh-port', '0', '--json'], {
      cwd: folder,
    })
    other.close()
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'in-use' } })
    expect(stderr).toContain(`Port ${port} on 127.0.0.1 is taken.`)
    expect(stderr).toContain('--port')
    expect(exitCode).toBe(6)
  })

  test.each([
    ['[{"on": "task:x", "do": "explode"}]', 'rule 1, do: '],
    ['{', 'faults.json: '],
  ])('the fault script %s', async (script, text) => {
    writeFileSync(join(folder, 'faults.json'), script)
    const { exitCode, stderr } = await failure(['--faults', 'faults.json'])
    expect(stderr).toContain(text)
    expect(exitCode).toBe(2)
  })

  test('a fault script that is not there', async () => {
    expect(await failure(['--faults', 'none.json'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(
        /^Error: none\.json cannot be read: there is no such file\nHint: Name one that is there/,
      ),
    })
  })

  test('an address that this machine does not have', async () => {
    expect(await failure(['--host', 'nowhere.invalid'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^Error: --host nowhere\.invalid: not an address of this machine/),
    })
  })

  test('a file that cannot be written, and leaves no other behind', async () => {
    mkdirSync(join(folder, 'taken.env.ssh-key'))
    expect((await failure(['--env-file', 'taken.env'])).stderr).toContain('taken.env.ssh-key cannot be written: ')
    expect(readdirSync(folder).filter((name) => /^taken\.env.*\.\d+$/.test(name))).toEqual([])
  })

  test.each([
    ['', '--env-file is empty'],
    ['place', 'place cannot be written: '],
    ['new', 'new.known_hosts cannot be written: '],
    ['no/such', 'no/such.ssh-key cannot be written: there is no folder '],
  ])("an environment file that cannot be, and leaves no key behind: '%s'", async (file, text) => {
    const cwd = mkdtempSync(join(folder, 'refused-'))
    mkdirSync(join(cwd, 'place'))
    mkdirSync(join(cwd, 'new.known_hosts'))
    const { exitCode, stderr } = await cmux(['sim', 'serve', ...ANY_PORTS, '--env-file', file], { cwd })
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: expect.stringContaining(text) })
    expect(readdirSync(cwd)).toEqual(['new.known_hosts', 'place'])
  })

  test('a state file that another one uses, until that one has ended', async () => {
    writeFileSync(join(folder, 'used.lock'), `${process.pid}\n`)
    const { exitCode, stderr } = await failure(['--state', 'used'])
    expect(stderr).toContain(`used is in use by another simulator (process ${process.pid})`)
    expect(exitCode).toBe(6)
    const since = readFileSync('/proc/self/stat', 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')[19]
    writeFileSync(join(folder, 'used.lock'), `${process.pid} ${since}\n`)
    expect((await failure(['--state', 'used'])).exitCode).toBe(6)
    // Another process has its id now.
    writeFileSync(join(folder, 'used.lock'), `${process.pid} 1\n`)
    expect((await serve(['--state', 'used'])).exitCode).toBe(0)
    writeFileSync(join(folder, 'used.lock'), `${await endedProcess()}\n`)
    expect((await serve(['--state', 'used'])).exitCode).toBe(0)
    expect(existsSync(join(folder, 'used.lock'))).toBe(false)
  })

  test('a state file of something else, and leaves it as it is', async () => {
    writeFileSync(join(folder, 'other'), 'precious\n')
    const { exitCode, stderr } = await failure(['--state', 'other'])
    expect(stderr).toContain('The state file cannot be used: other is not a state file of this simulator')
    expect(exitCode).toBe(1)
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('precious\n')
  })

  test('a state file in a folder that is not there', async () => {
    expect(await failure(['--state', 'no/such/file'])).toEqual({
      exitCode: 2,
      stderr: expect.stringMatching(
        /^Error: The state file cannot be used: there is no folder no\/such\nHint: Make it, /,
      ),
    })
  })

  test('a time scale that is no number, and a storage type that is unknown', async () => {
    expect((await failure(['--time-scale', 'fast'])).stderr).toContain('--time-scale fast')
    expect((await failure(['--storage', 'floppy'])).exitCode).toBe(2)
  })
})

/** The id of a process that is no more. */
async function endedProcess(): Promise<number | undefined> {
  const child = spawn('true')
  await once(child, 'close')
  return child.pid
}
