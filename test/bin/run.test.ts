import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cmux, probe } from '../support/cli.js'

const ROOT = join(import.meta.dirname, '../..')
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))

/** What a shell makes of a pipeline with the fixture command line as its head. */
async function pipeline(
  command: string,
): Promise<{ readonly stdout: string; readonly stderr: string; readonly exitCode: number }> {
  const child = spawn('bash', ['-c', `set -o pipefail; ${command}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], probe: `${process.execPath} ${join(ROOT, 'test/fixtures/cli/run.cjs')} probe` },
  })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk
  })
  const [exitCode] = await once(child, 'close')
  return { stdout, stderr, exitCode }
}

describe('--version', () => {
  it('says name, version, platform and Node', async () => {
    const { exitCode, stdout } = await cmux(['--version'])
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: `cmux-pve/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
    })
  })
})

describe('the short ways', () => {
  it('-v and -h are those of --version and --help', async () => {
    expect(await cmux(['-v'])).toMatchObject({ exitCode: 0, stdout: (await cmux(['--version'])).stdout })
    expect(await cmux(['-h'])).toMatchObject({ exitCode: 0, stdout: (await cmux(['--help'])).stdout })
    const { stdout } = await cmux(['instance', 'list', '--help'])
    expect(await cmux(['instance', 'list', '-h'])).toMatchObject({ exitCode: 0, stdout })
  })
})

describe('a global flag', () => {
  it('may stand before the command', async () => {
    const behind = await cmux(['instance', 'list', '--json', '--env-file', '/nowhere/x.env'])
    const before = await cmux(['--json', '--env-file', '/nowhere/x.env', 'instance', 'list'])
    expect([before.exitCode, before.stdout]).toEqual([behind.exitCode, behind.stdout])
    expect(before.json()).toMatchObject({ ok: false, error: { message: expect.stringContaining('/nowhere/x.env') } })
  })
})

describe('--env-file', () => {
  it('may be what a command prints', async () => {
    const settings = "sleep 0.1; echo PVE_API_URL=https://127.0.0.1:1; echo 'PVE_API_TOKEN=a@b!c=d'"
    const { stdout } = await pipeline(`${join(ROOT, 'bin/run.js')} instance list --json --env-file <(${settings})`)
    expect(JSON.parse(stdout)).toMatchObject({
      error: { code: 'unavailable', message: expect.stringMatching(/^127\.0\.0\.1:1 /) },
    })
  })
})

describe('help', () => {
  it('lists topics and commands, each with what it is for', async () => {
    const { exitCode, stdout } = await cmux(['--help'])
    expect(exitCode).toBe(0)
    for (const word of ['instance', 'template', 'sim', 'test-connection', 'demo'])
      expect(stdout).toMatch(new RegExp(`^  ${word} +\\S`, 'm'))
  })

  it('is the same through the help command, and for a topic', async () => {
    expect((await cmux(['help', 'instance', 'list'])).stdout).toBe((await cmux(['instance', 'list', '--help'])).stdout)
    expect((await cmux(['instance'])).stdout).toContain('instance clone')
  })

  it('holds no colours off a terminal', async () => {
    expect((await cmux(['instance', 'list', '--help'])).stdout).not.toContain('\u001B')
  })

  it('needs no settings and no code of the command', async () => {
    expect(await cmux(['instance', 'list', '--help'], { env: { PVE_LXC_CORES: 'nonsense' } })).toMatchObject({
      exitCode: 0,
    })
  })
})

describe('a mistyped command', () => {
  it('is answered with the nearest ones and exit code 2, and nothing is run', async () => {
    const { exitCode, stdout, stderr } = await cmux(['instance', 'delte', '101', '--yes'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toContain('`cmux-pve instance delete`')
    expect(stderr.split('\n').length).toBeLessThan(5)
  })

  it('is not the topic that it stands behind', async () => {
    const { exitCode, stderr } = await cmux(['criu', 'bogus', '101'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain("There is no command 'criu bogus'\n")
    expect(stderr).toContain('`cmux-pve criu --help`')
  })

  it('is not one that is right but has words behind it', async () => {
    const { exitCode, stderr } = await cmux(['instance', 'list', 'extra', 'words'])
    expect(exitCode).toBe(2)
    expect(stderr).toContain('Unexpected argument: extra words\n')
    expect(stderr).toContain('`cmux-pve instance list --help`')
  })

  it('is one envelope under --json', async () => {
    const { exitCode, stderr, json } = await cmux(['instanse', 'list', '--json'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 2, stderr: '' })
    expect(json()).toMatchObject({
      ok: false,
      error: { code: 'usage', hint: expect.stringContaining('cmux-pve instance list') },
    })
  })

  it('is a usage error for help too', async () => {
    expect(await cmux(['help', 'instanse'])).toMatchObject({ exitCode: 2, stdout: '' })
  })
})

describe('a pipe', () => {
  it('gets all of a big result', async () => {
    const { stdout } = await pipeline('$probe list --rows 20000 --json | (sleep 0.2; wc -c)')
    expect(Number(stdout)).toBeGreaterThan(500_000)
  })

  it('gets all of it on failure too, with the exit code', async () => {
    const { stdout, exitCode } = await pipeline('$probe list --rows 20000 --fail --json | (sleep 0.2; cat)')
    expect(JSON.parse(stdout).data).toHaveLength(20_000)
    expect(exitCode).toBe(1)
  })

  it('gets all of a big table', async () => {
    const { stdout } = await pipeline('$probe list --rows 5000 | (sleep 0.2; tail -n 1)')
    expect(stdout).toBe('5099  ct-4999  -\n')
  })

  it('that closes early ends the tool without a word', async () => {
    const { stdout, stderr } = await pipeline('$probe list --rows 20000 | head -n 2')
    expect({ stdout, stderr }).toEqual({ stdout: ' VMID  NAME      LOCK\n  100  ct-0      -\n', stderr: '' })
  })
})

describe.runIf(existsSync('/dev/full'))('a full disk under the output', () => {
  it.each(['', ' --json'])('ends the tool with one sentence (%j)', async (flag) => {
    const { stderr, exitCode } = await pipeline(`$probe list --rows 2${flag} > /dev/full`)
    expect(stderr).toMatch(/^Error: The output cannot be written: ENOSPC: no space left on device.*\n$/)
    expect(exitCode).toBe(1)
  })

  it('ends --version without a stack trace', async () => {
    expect(await pipeline(`${join(ROOT, 'bin/run.js')} --version > /dev/full`)).toMatchObject({
      exitCode: 1,
      stderr: '',
    })
  })
})

describe('completion', () => {
  it('is set up by two commands', async () => {
    const cache = mkdtempSync(join(tmpdir(), 'completion-'))
    onTestFinished(() => rmSync(cache, { recursive: true }))
    const env = { XDG_CACHE_HOME: cache, HOME: cache }
    expect(await cmux(['autocomplete', 'bash'], { env })).toMatchObject({ exitCode: 0 })
    expect((await cmux(['autocomplete', 'script', 'bash'], { env })).stdout).toContain(cache)
    const script = readFileSync(join(cache, 'cmux-pve/autocomplete/functions/bash/cmux-pve.bash'), 'utf8')
    expect(script).toContain('instance:clone')
  })
})

it('reports an error outside of every command as such, without a stack', async () => {
  const { exitCode, stderr } = await probe(['echo', '101'], {
    env: { HOME: '/nonexistent', XDG_CONFIG_HOME: '/dev/null/x' },
  })
  expect(stderr).not.toMatch(/\n\s+at /)
  expect([0, 1]).toContain(exitCode)
})
