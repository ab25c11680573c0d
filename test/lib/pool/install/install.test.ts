import { execFile } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { deploymentExamples } from '../../../../scripts/docs/deployment.js'
import { LocalExecutor } from '../../../../src/lib/executor/local.js'
import { carryOut } from '../../../../src/lib/pool/install/carry-out.js'
import { credentialPath } from '../../../../src/lib/pool/install/layout.js'
import { TOKEN_COMMAND } from '../../../../src/lib/pool/install/role.js'
import { cmux } from '../../../support/cli.js'

const run = promisify(execFile)
const ROOT = join(import.meta.dirname, '../../../..')
const SETTINGS = { PVE_API_URL: 'https://pve.example:8006', PVE_API_TOKEN: 'cmux@pve!pool=0f0f-secret' }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'cmux-install-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

describe('a machine that the pool is installed on', () => {
  let root: string
  const install = (words: readonly string[] = [], env: Readonly<Record<string, string>> = SETTINGS) =>
    cmux(['pool', 'install', '--root', root, ...words], { env })
  const unit = () => join(root, 'etc/systemd/system/cmux-pve-pool.service')

  beforeAll(async () => {
    root = mkdtempSync(join(tmpdir(), 'cmux-install-'))
    expect(await install()).toMatchObject({ exitCode: 0, stderr: '' })
  })
  afterAll(() => rmSync(root, { recursive: true, force: true }))

  test('starts the service when it boots', () => {
    const wanted = join(root, 'etc/systemd/system/multi-user.target.wants/cmux-pve-pool.service')
    expect(readlinkSync(wanted)).toBe('/etc/systemd/system/cmux-pve-pool.service')
  })

  test('has a unit that systemd takes without a word', async () => {
    expect(await run('systemd-analyze', ['verify', '--man=no', unit()])).toMatchObject({ stdout: '', stderr: '' })
  })

  test('has a unit whose exposure is 2.0 or less', async () => {
    const { stdout } = await run('systemd-analyze', [
      'security',
      '--offline=true',
      '--threshold=20',
      '--no-pager',
      unit(),
    ])
    const [, exposure] = /exposure level for cmux-pve-pool\.service: ([\d.]+)/.exec(stdout) ?? []
    expect(Number(exposure)).toBeLessThanOrEqual(2)
  })

  test('holds the token where only root reads it, and nowhere else', async () => {
    const token = join(root, credentialPath('PVE_API_TOKEN'))
    expect(readFileSync(token, 'utf8')).toBe(`${SETTINGS.PVE_API_TOKEN}\n`)
    for (const path of [token, join(root, 'etc/cmux-pve/pool.env')]) expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(root, 'etc/cmux-pve/credentials')).mode & 0o777).toBe(0o700)
    const { stdout } = await run('grep', ['-rl', '0f0f-secret', root])
    expect(stdout.trim()).toBe(token)
  })

  test('has a tool of its own that works without the folder it came from', async () => {
    const installed = join(root, 'opt/cmux-pve/releases', readdirSync(join(root, 'opt/cmux-pve/releases'))[0] ?? '')
    const { stdout } = await run(process.execPath, [join(installed, 'bin/run.js'), 'pool', 'install', '--help'])
    expect(stdout).toContain('hardened systemd service')
    expect(existsSync(join(installed, 'node_modules'))).toBe(false)
  })

  test('is left alone by a second run, also from the tool that was installed', async () => {
    expect(await install()).toMatchObject({ exitCode: 0, stdout: '', stderr: expect.stringContaining('nothing to do') })
    const [release = ''] = readdirSync(join(root, 'opt/cmux-pve/releases'))
    const tool = join(root, 'opt/cmux-pve/releases', release, 'bin/run.js')
    const again = await run(process.execPath, [tool, 'pool', 'install', '--root', root, '--json'])
    expect(JSON.parse(again.stdout)).toEqual({ ok: true, data: { steps: [] } })
  })

  test('says under --dry-run what would be done, and does nothing', async () => {
    chmodSync(join(root, 'etc/cmux-pve/pool.env'), 0o644)
    expect(await install(['--dry-run', '--with-token'])).toMatchObject({
      exitCode: 0,
      stdout: [
        `replace ${root}/etc/cmux-pve/pool.env (0600)`,
        `write ${root}/etc/cmux-pve/credentials/POOL_TOKEN (0600, secret)`,
        `replace ${root}/etc/systemd/system/cmux-pve-pool.service (0644)\n`,
      ].join('\n'),
    })
    expect(statSync(join(root, 'etc/cmux-pve/pool.env')).mode & 0o777).toBe(0o644)
    expect(existsSync(join(root, credentialPath('POOL_TOKEN')))).toBe(false)
  })
})

test('names what it would write below another folder as it is there, and permissions as people write them', async () => {
  const root = folder()
  const plan = async (...words: readonly string[]) =>
    cmux(['pool', 'install', '--root', root, '--dry-run', ...words], { env: SETTINGS })
  const { stdout } = await plan()
  expect(stdout).toContain(`write ${root}/etc/cmux-pve/pool.env (0600)\n`)
  expect(stdout).toContain(`enable cmux-pve-pool.service\n`)
  for (const line of stdout.trim().split('\n')) expect(line).toContain(root)
  expect((await plan('--json')).json()).toMatchObject({
    data: {
      plan: expect.arrayContaining([
        expect.objectContaining({ path: `${root}/etc/cmux-pve/credentials`, mode: '0700' }),
        expect.objectContaining({ path: `${root}/etc/cmux-pve/pool.env`, mode: '0600' }),
      ]),
    },
  })
})

test('files that settings name are copied to where the service can read them, and a token is made where others reach it', async () => {
  const root = folder()
  const templates = join(root, 'mine.yaml')
  writeFileSync(templates, 'templates:\n  9009:\n    target: 2\n')
  const env = { ...SETTINGS, POOL_CONFIG: templates, POOL_HOST: '0.0.0.0', POOL_MAX_SIZE: '20' }
  expect(await cmux(['pool', 'install', '--root', root], { env })).toMatchObject({ exitCode: 0 })
  const written = readFileSync(join(root, 'etc/cmux-pve/pool.env'), 'utf8')
  expect(written).toContain('POOL_MAX_SIZE=20\nPOOL_HOST=0.0.0.0\n')
  expect(written).toContain('POOL_CONFIG=/etc/cmux-pve/pool.yaml\n')
  expect(readFileSync(join(root, 'etc/cmux-pve/pool.yaml'), 'utf8')).toContain('target: 2')
  expect(readFileSync(join(root, credentialPath('POOL_TOKEN')), 'utf8')).toMatch(/^[\w-]{43}\n$/)
})

test('without a token, and not on a node, it says where the token comes from', async () => {
  const result = await cmux(['pool', 'install', '--root', folder(), '--json'])
  expect(result.exitCode).toBe(4)
  expect(result.json()).toMatchObject({ error: { code: 'not-configured', hint: expect.stringContaining('role.sh') } })
})

describe('a token made with pveum', () => {
  /** A `pveum` that answers as the real one does with --output-format json. */
  async function makeToken(answer: string) {
    const root = folder()
    mkdirSync(join(root, 'bin'))
    writeFileSync(join(root, 'bin/pveum'), `#!/bin/sh\necho "$@" >&2\n${answer}\n`, { mode: 0o755 })
    const path = credentialPath('PVE_API_TOKEN')
    const before = process.env['PATH']
    process.env['PATH'] = [join(root, 'bin'), before].join(delimiter)
    const executor = new LocalExecutor()
    try {
      const machine = { executor, home: ROOT, root, signal: new AbortController().signal }
      await carryOut([{ kind: 'token', path, argv: TOKEN_COMMAND }], machine, () => {})
    } finally {
      process.env['PATH'] = before
      await executor.close()
    }
    return join(root, path)
  }

  test('goes straight into a file that only root reads', async () => {
    const path = await makeToken(`echo '{"full-tokenid":"cmux-pool@pve!daemon","info":{"privsep":"0"},"value":"1234"}'`)
    expect(readFileSync(path, 'utf8')).toBe('cmux-pool@pve!daemon=1234\n')
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  test('that is there already is an error, with what pveum said', async () => {
    await expect(makeToken('echo "Token already exists." >&2; exit 255')).rejects.toThrow('Token already exists.')
  })

  test('that cannot be read is not quoted', async () => {
    await expect(makeToken('echo value-1234')).rejects.toThrow(/^pveum did not print the token/)
  })
})

test('deploy/ shows what an installation writes (else: npm run docs)', () => {
  for (const [name, text] of deploymentExamples()) {
    expect(readFileSync(join(ROOT, 'deploy', name), 'utf8'), name).toBe(text)
  }
})

test('the script of the role is clean to shellcheck', async () => {
  await expect(run('shellcheck', [join(ROOT, 'deploy/role.sh')])).resolves.toMatchObject({ stdout: '' })
})
