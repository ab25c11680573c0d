import { describe, expect, it } from 'vitest'
import { probe } from '../../support/cli.js'

const SECRET = '0c1b2a3d-aaaa-bbbb-cccc-0123456789ab'
const API = { PVE_API_URL: 'https://127.0.0.1:8006', PVE_API_TOKEN: `root@pam!test=${SECRET}` }

describe('a command that succeeds', () => {
  it('prints data on stdout and messages on stderr', async () => {
    const { exitCode, stdout, stderr } = await probe(['echo', '101', '--warning', 'careful'])
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 0,
      stdout: 'container 101\n',
      stderr: 'Warning: careful\na note\n',
    })
  })

  it('prints one envelope and nothing else under --json, warnings inside', async () => {
    const { stdout, stderr, json } = await probe(['echo', '101', '--json', '--warning', 'careful'])
    expect(stderr).toBe('')
    expect(stdout.trim().split('\n')).toHaveLength(1)
    expect(json()).toMatchObject({ ok: true, data: { container: '101' }, warnings: ['careful'] })
  })

  it('gives durations as milliseconds and sizes in their unit', async () => {
    const { json } = await probe(['echo', '101', '--json', '--timeout', '90s', '--memory', '4G', '--no-wait'])
    expect(json()).toMatchObject({ data: { timeout: 90_000, memory: 4096, wait: false } })
  })

  it('keeps repeated words behind -- in their order, and a --json there for the remote command', async () => {
    const { stdout } = await probe(['echo', '101', '--', 'a', 'b', 'a', '--json'])
    expect(stdout).toBe('container 101\n')
    const { json } = await probe(['echo', '--json', '101', '--', 'a', 'b', 'a', '--json'])
    expect(json()).toMatchObject({ data: { rest: ['101', 'a', 'b', 'a', '--json'] } })
  })

  it('ends with the exit code that the command chose', async () => {
    expect(await probe(['echo', '101', '--exit-code', '42'])).toMatchObject({ exitCode: 42 })
    expect(await probe(['echo', '101', '--exit-code', '42', '--json'])).toMatchObject({ exitCode: 42 })
  })

  it('aligns a table without borders, and says on stderr that it is empty', async () => {
    const { stdout } = await probe(['list', '--rows', '2'])
    expect(stdout).toBe('VMID  NAME  LOCK\n 100  ct-0  -\n 101  ct-1  -\n')
    expect(await probe(['list', '--rows', '0'])).toMatchObject({ stdout: '', stderr: 'No rows.\n' })
  })

  it('prints null as the data of a command that returns nothing, and an empty list as one', async () => {
    expect((await probe(['list', '--rows', '0', '--json'])).json()).toEqual({ ok: true, data: [] })
  })
})

describe('a command that fails', () => {
  it('shows what happened, what the task said and what to do, without escapes of foreign origin', async () => {
    const { exitCode, stdout, stderr } = await probe(['fail'])
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
    expect(stderr).toBe(
      [
        'Warning: something is odd',
        'Error: Clone of 9000 failed',
        'Task UPID:pve1:00001234:00005678:66000000:vzclone:9000:root@pam: on pve1:',
        '  create full clone',
        '  TASK ERROR: no space',
        'Hint: Free some space.',
        '',
      ].join('\n'),
    )
  })

  it('has the same exit code under --json, with code, message, hint, task, data and warnings', async () => {
    const { exitCode, stderr, json } = await probe(['fail', '--json'])
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
    expect(json()).toMatchObject({
      ok: false,
      error: { code: 'task-failed', message: 'Clone of 9000 failed', hint: 'Free some space.', task: { node: 'pve1' } },
      data: { vmid: 101 },
      warnings: ['something is odd'],
    })
  })

  it.each(['bug', 'late'])('reports an unforeseen error (%s) as internal in one line', async (how) => {
    const { exitCode, stderr } = await probe(['fail', '--how', how])
    expect(exitCode).toBe(1)
    expect(stderr).toMatch(/^Error: Unexpected error: .*\nHint: This is a bug\. DEBUG=cmux-pve shows .*\n$/)
    const { json } = await probe(['fail', '--how', how, '--json'])
    expect(json()).toMatchObject({ ok: false, error: { code: 'internal' } })
  })

  it('shows the stack on request', async () => {
    const { stderr } = await probe(['fail', '--how', 'bug'], { env: { DEBUG: 'cmux-pve' } })
    expect(stderr).toMatch(/TypeError: .*\n.*\n\s+at .*run/)
  })

  it.each([[[]], [['--json']]])('never prints the token, not even with a stack (%j)', async (flags) => {
    const env = { ...API, DEBUG: 'cmux-pve' }
    const { stdout, stderr } = await probe(['fail', '--how', 'secret', ...flags], { env })
    expect(stdout + stderr).toContain('server said ***')
    expect(stdout + stderr).not.toContain(SECRET)
  })

  it('says which settings are missing, and exits 4', async () => {
    const { exitCode, stderr } = await probe(['connect'])
    expect(exitCode).toBe(4)
    expect(stderr).toContain('PVE_API_URL and PVE_API_TOKEN')
  })
})

describe('a wrong command line', () => {
  it.each([
    ['an unknown flag', ['echo', '101', '--colour']],
    ['a missing argument', ['echo']],
    ['a flag without its value', ['echo', '101', '--node']],
    ['a duration nobody can read', ['echo', '101', '--timeout', 'soon']],
    ['a size nobody can read', ['echo', '101', '--memory', '-1G']],
    ['a choice that does not exist', ['fail', '--how', 'badly']],
  ])('%s is a usage error with exit code 2, in both forms', async (_what, argv) => {
    const { exitCode, stdout, stderr } = await probe(argv)
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' })
    expect(stderr).toMatch(/^Error: /)
    expect(stderr).toContain(`Run \`cmux-pve probe ${argv[0]} --help\`.`)

    const inJson = await probe([...argv, '--json'])
    expect(inJson).toMatchObject({ exitCode: 2, stderr: '' })
    expect(inJson.json()).toEqual({
      ok: false,
      error: { code: 'usage', message: expect.any(String), hint: expect.any(String) },
    })
  })

  it('does not read a missing argument from a pipe', async () => {
    expect(await probe(['echo'], { input: '101\n' })).toMatchObject({ exitCode: 2 })
  })
})

describe('a stream', () => {
  it('is one object a line under --json, without a last one for the whole', async () => {
    const { stdout } = await probe(['list', '--stream', '--json'])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { ok: true, data: { vmid: 100, name: 'ct-0' } },
      { ok: true, data: { vmid: 101, name: 'ct-1' } },
      { ok: true, data: { vmid: 102, name: 'ct-2' } },
    ])
  })

  it('ends with the error if it fails', async () => {
    const { exitCode, stdout } = await probe(['list', '--stream', '--fail', '--json'])
    expect(exitCode).toBe(1)
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ ok: false, error: { code: 'failed' } })
  })
})

describe('a question', () => {
  it('is a usage error where nobody can answer, in both forms', async () => {
    expect(await probe(['delete'], { input: 'y\n' })).toMatchObject({ exitCode: 2, stdout: '' })
    expect((await probe(['delete', '--json'])).json()).toMatchObject({
      error: { code: 'usage', hint: expect.stringContaining('--yes') },
    })
  })

  it('is answered by --yes', async () => {
    expect(await probe(['delete', '--yes'])).toMatchObject({ exitCode: 0, stdout: 'deleted\n' })
  })

  it('is not asked in a dry run, which prints calls in place of results', async () => {
    expect(await probe(['delete', '--dry-run'])).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await probe(['delete', '--dry-run', '--json'])).json()).toEqual({
      ok: true,
      data: { dryRun: true, calls: [] },
    })
  })
})

describe('a signal', () => {
  const after = /waiting/

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s lets the command say what it leaves behind, and ends it with %i', async (name, exitCode) => {
    const result = await probe(['wait'], { signal: { name, after } })
    expect(result).toMatchObject({ exitCode, stderr: 'waiting\nError: Interrupted. The task UPID:x goes on.\n' })
  })

  it('ends a command that does not listen', async () => {
    const result = await probe(['wait', '--how', 'deaf', '--json'], { signal: { name: 'SIGINT', after } })
    expect(result).toMatchObject({ exitCode: 130 })
    expect(result.json()).toMatchObject({ ok: false, error: { code: 'interrupted' } })
  })

  it('lets a server finish well', async () => {
    const result = await probe(['wait', '--how', 'finishes', '--json'], { signal: { name: 'SIGTERM', after } })
    expect(result).toMatchObject({ exitCode: 0 })
    expect(result.json()).toEqual({ ok: true, data: 'finished' })
  })
})
