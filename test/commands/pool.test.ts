import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { CmuxError } from '../../src/lib/errors.js'
import { hindered, templateMissing } from '../../src/lib/pool/hindrance.js'
import { toVmid } from '../../src/lib/pve/vmid.js'
import { SINCE, TEMPLATE } from '../lib/pool/daemon/fake-pool.js'
import { serviceBench } from '../lib/pool/daemon/service-bench.js'
import { cmux } from '../support/cli.js'
import { PseudoTerminal } from '../support/pseudo-terminal.js'

const open = serviceBench()

/** A daemon, and the tool pointed at it. */
async function daemon(...options: Parameters<typeof open>) {
  const bench = await open(...options)
  const tool = (words: string, env: Readonly<Record<string, string>> = {}) =>
    cmux(['pool', ...words.split(' ')], { env: { PVE_POOL_URL: bench.url, ...env } })
  return { ...bench, tool }
}

describe('without a daemon', () => {
  test.each(['status', 'list', 'allocate 9009', 'release 201', 'pause'])(
    'pool %s says so, and how to start one',
    async (words) => {
      const result = await cmux(['pool', ...words.split(' '), '--json'], {
        env: { PVE_POOL_URL: 'http://127.0.0.1:9' },
      })
      expect(result.exitCode).toBe(1)
      expect(result.json()).toMatchObject({
        ok: false,
        error: { code: 'unavailable', hint: expect.stringContaining('cmux-pve pool serve') },
      })
    },
  )
})

describe('pool status', () => {
  test('is a table, the mode and what an operator should look at', async () => {
    const { tool, pool } = await daemon()
    pool.put({ vmid: toVmid(201), hostname: 'pool-201', state: 'ready' })
    pool.mode = 'paused'
    pool.cluster = { reachable: false, quorate: true }
    const { exitCode, stdout } = await tool('status')
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^TEMPLATE +READY +CLAIMED.*\n +9009 +1 +0 /)
    expect(stdout).toContain('PAUSED')
    expect(stdout).toContain('NOT REACHABLE')
  })

  test('says nothing of a quorum before anybody has looked', async () => {
    const { tool, pool } = await daemon()
    pool.cluster = { reachable: false, quorate: true }
    pool.observedAt = undefined
    const { stdout } = await tool('status')
    expect(stdout).toContain('cluster NOT REACHABLE, never looked at')
    expect(stdout).not.toMatch(/quor/i)
  })

  test('is the whole status under --json', async () => {
    const { tool } = await daemon()
    const { json } = await tool('status --json')
    expect(json()).toMatchObject({ ok: true, data: { mode: 'running', templates: [{ template: 9009, target: 5 }] } })
  })

  test('is looked at again and again under --watch, until it is interrupted', async () => {
    const { url } = await daemon()
    const result = await cmux(['pool', 'status', '--watch', '--interval', '10ms', '--json'], {
      env: { PVE_POOL_URL: url },
      signal: { name: 'SIGINT', after: /\n.*\n.*\n/, of: 'stdout' },
    })
    expect(result.exitCode).toBe(130)
    const lines = result.stdout.trim().split('\n')
    expect(lines.length).toBeGreaterThanOrEqual(3)
    for (const line of lines) expect(JSON.parse(line)).toMatchObject({ ok: true, data: { mode: 'running' } })
  })
})

describe('pool allocate', () => {
  test('waits no less than it was told to: a second that has begun counts', async () => {
    const { tool, pool } = await daemon()
    await tool('allocate 9009 --timeout 1500ms')
    expect(pool.requests).toMatchObject([{ timeout: 2000 }])
    expect((await tool('allocate --help')).stdout).toMatch(/from 1s to\s+10m/)
  })

  test('prints the VMID alone to stdout, and the story to stderr', async () => {
    const { tool, pool } = await daemon()
    const result = await tool('allocate 9009 --instance-id web-1 --ttl 90s --metadata owner=ci --metadata a=b=c')
    expect(result).toMatchObject({
      exitCode: 0,
      stdout: '200\n',
      stderr: expect.stringContaining('(web-1) on node pve1'),
    })
    expect(pool.requests).toMatchObject([
      { template: 9009, instanceId: 'web-1', ttlSeconds: 90, start: true, metadata: { owner: 'ci', a: 'b=c' } },
    ])
  })

  test('passes variables, files and a command with its own flags on', async () => {
    const { tool, pool } = await daemon()
    const { exitCode } = await tool('allocate 9009 --variable MODE=x --file /etc/hostname:/root/h -- app --once 9009')
    expect(exitCode).toBe(0)
    expect(pool.requests).toMatchObject([
      { environment: { MODE: 'x' }, files: [{ path: '/root/h' }], command: ['app', '--once', '9009'] },
    ])
  })

  test('shows under --dry-run all that it would ask for, but for what may be secret', async () => {
    const { tool, pool } = await daemon()
    const flags = '--instance-id web-1 --ttl 90s --metadata owner=ci --variable KEY=s3cret --file /etc/hostname:/root/h'
    const { stdout } = await tool(`allocate 9009 ${flags} --dry-run -- app --once`)
    expect(stdout).toBe(
      'POST /allocate template_vmid=9009 instance_id=web-1 start=true ttl_seconds=90 timeout_seconds=110 metadata=owner=ci environment=KEY files=/root/h command=app,--once\n',
    )
    expect((await tool('allocate 9009 --instance-id web-1 --dry-run --json')).json()).toMatchObject({
      data: { plan: [{ path: '/allocate', parameters: { instance_id: 'web-1' } }] },
    })
    expect(pool.requests).toEqual([])
  })

  test('takes PVE_TEMPLATE_VMID where no template is named, also before a command', async () => {
    const { tool, pool } = await daemon()
    await tool('allocate', { PVE_TEMPLATE_VMID: '9009' })
    await tool('allocate -- app', { PVE_TEMPLATE_VMID: '9009' })
    expect(pool.requests).toMatchObject([{ template: 9009 }, { template: 9009, command: ['app'] }])
  })

  test('has the exit codes of what the pool says', async () => {
    const { tool, pool } = await daemon()
    const ends = async (error: CmuxError) => {
      pool.onAllocate = async () => {
        throw error
      }
      return (await tool('allocate 9009')).exitCode
    }
    expect(await ends(new CmuxError('exhausted', 'full'))).toBe(6)
    expect(await ends(new CmuxError('conflict', 'another template'))).toBe(6)
    expect(await ends(new CmuxError('not-found', 'no such template'))).toBe(5)
    expect(await ends(new CmuxError('draining', 'draining'))).toBe(6)
    expect(await ends(new CmuxError('invalid', 'a_b is not a hostname'))).toBe(2)
    const hindrance = { message: 'Proxmox refuses', remedy: 'See to it' }
    expect(await ends(hindered(hindrance))).toBe(1)
    expect(await ends(hindered({ ...hindrance, because: 'unauthorised' }))).toBe(4)
    expect(await ends(hindered({ ...hindrance, because: 'forbidden' }))).toBe(4)
    expect(await ends(hindered(templateMissing(TEMPLATE, 'absent')))).toBe(5)
  })

  test.each([
    ['allocate 42', "'42' is not the VMID of a template"],
    ['warm 1000000000', "'1000000000' is not the VMID of a template"],
    ['drain --template 1000000000 --yes', "'1000000000' is not the VMID of a template"],
    ['allocate 9009 --ttl 0s', "'0s' is not a value for --ttl"],
    ['renew web-1 --ttl 367d', "'367d' is not a value for --ttl"],
    ['allocate 9009 --timeout 11m', "'11m' is not a value for --timeout: it must be 10 min at most"],
    ['allocate 9009 --variable A-B=1', '--variable.A-B: '],
    [`allocate 9009 --instance-id ${'x'.repeat(254)}`, '--instance-id: '],
  ])('pool %s is a mistake in the command line, and named as it stands there', async (words, said) => {
    const { tool, pool } = await daemon()
    expect(await tool(words)).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(said) })
    expect(pool.requests).toEqual([])
  })

  test('at a URL with a wrong path hints at that', async () => {
    const { url } = await daemon()
    const { stderr } = await cmux(['pool', 'status'], { env: { PVE_POOL_URL: `${url}/wrong` } })
    expect(stderr).toMatch(/no such path\nHint: .*PVE_POOL_URL/)
  })

  test('given up with Ctrl-C leaves its place in the line', async () => {
    const { url, pool } = await daemon()
    const left = new Promise<void>((resolve) => {
      pool.onAllocate = (_request, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            resolve()
            reject(signal.reason)
          })
        })
    })
    const result = await cmux(['pool', 'allocate', '9009'], {
      env: { PVE_POOL_URL: url },
      signal: { name: 'SIGINT', after: /Waiting/ },
    })
    expect(result.exitCode).toBe(130)
    await left
  })
})

describe('containers of the pool', () => {
  const held = { vmid: toVmid(201), hostname: 'web-1', state: 'claimed', instanceId: 'web-1' } as const

  test('are listed, by state', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    pool.put({ vmid: toVmid(202), hostname: 'pool-202', state: 'quarantined', reason: 'its start failed' })
    expect((await tool('list')).stdout).toMatch(/web-1 .*\n.*pool-202 .*its start failed/)
    expect((await tool('list --state claimed --json')).json()).toMatchObject({ data: [{ vmid: 201 }] })
  })

  test('are listed by template, then by VMID', async () => {
    const { tool, pool } = await daemon()
    pool.put({ vmid: toVmid(204), hostname: 'd', state: 'ready' })
    pool.put({ vmid: toVmid(203), hostname: 'c', state: 'ready', template: toVmid(9010) })
    pool.put({ vmid: toVmid(202), hostname: 'b', state: 'ready' })
    const { data } = (await tool('list --json')).json() as { readonly data: readonly { readonly vmid: number }[] }
    expect(data.map(({ vmid }) => vmid)).toEqual([202, 204, 203])
  })

  test('are named by VMID or by hostname', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    expect(await tool('release web-1 --instance-id web-1')).toMatchObject({ exitCode: 0 })
    expect(await tool('renew web-1 --ttl 1h')).toMatchObject({ exitCode: 0 })
    expect(await tool('remove 201 --yes')).toMatchObject({ exitCode: 0 })
    expect(pool.calls).toEqual(['release 201 web-1', 'renew 201 3600', 'remove 201'])
    expect(await tool('release nobody')).toMatchObject({ exitCode: 5 })
  })

  test('are looked for in the cluster before they are said not to be there', async () => {
    const { tool, pool } = await daemon()
    pool.unseen.push(held)
    expect(await tool('release web-1')).toMatchObject({ exitCode: 0 })
    expect(pool.calls).toEqual(['refresh', 'release 201'])
  })

  test('are given back all when an instance holds two for a moment, and not when only their names are alike', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    pool.put({ ...held, vmid: toVmid(202) })
    const given = await tool('release web-1')
    expect([given.exitCode, given.stderr]).toEqual([0, expect.stringContaining('web-1 holds 201 and 202: all of them')])
    expect(pool.calls).toEqual(['refresh', 'release 202', 'release 201'])
    pool.put({ ...held, vmid: toVmid(203), instanceId: 'web-2' })
    expect(await tool('release web-1')).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('Name one by') })
  })

  test('are found by the instance that holds them, also when its id is nothing but digits', async () => {
    const { tool, pool } = await daemon()
    pool.put({ ...held, hostname: '20261122', instanceId: '20261122' })
    pool.failure = new CmuxError('not-found', 'container 20261122 is none of this pool', { hint: 'See pool list.' })
    expect(await tool('release 20261122')).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/Hint: See pool list\. .*--instance-id 20261122/),
    })
    pool.calls.length = 0
    expect(await tool('renew --instance-id 20261122 --ttl 1h')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/is leased until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC\n/),
    })
    expect(await tool('release --instance-id 20261122')).toMatchObject({ exitCode: 0 })
    expect(await tool('remove --instance-id 20261122 --yes')).toMatchObject({ exitCode: 0 })
    expect(pool.calls).toEqual(['renew 201 3600', 'release 201 20261122', 'remove 201 20261122'])
    expect(await tool('release --instance-id nobody')).toMatchObject({ exitCode: 5 })
    expect(await tool('release 7')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--instance-id 7') })
    for (const words of ['release', 'remove --yes', 'renew --ttl 1h'])
      expect(await tool(words), words).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('No container is named'),
      })
  })

  test('that two share a name are told apart by their VMIDs only', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    pool.put({ ...held, vmid: toVmid(202), state: 'releasing' })
    expect(await tool('release web-1')).toMatchObject({ exitCode: 6, stderr: expect.stringContaining('201, 202') })
    expect(pool.calls).toEqual(['refresh'])
  })

  test('are not destroyed without a word, nor under --dry-run', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    for (const words of ['remove 201', 'drain']) expect((await tool(words)).exitCode, words).toBe(2)
    expect(await tool('remove web-1 --dry-run')).toMatchObject({ exitCode: 0, stdout: 'DELETE /containers/201\n' })
    expect(pool.calls).toEqual([])
  })

  test('are released once when they are named twice, by VMID and by hostname', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    expect(await tool('release 201 web-1')).toMatchObject({ exitCode: 0 })
    expect(pool.calls).toHaveLength(1)
  })

  test('fail one by one, with the worst exit code', async () => {
    const { tool, pool } = await daemon()
    pool.put(held)
    const result = await tool('release 201 999 --json')
    expect(result.exitCode).toBe(5)
    expect(result.json()).toMatchObject({ ok: false, data: [{ ok: true }, { ok: false }] })
  })
})

describe('the controller', () => {
  test('is paused and resumed', async () => {
    const { tool, pool } = await daemon()
    expect((await tool('pause --json')).json()).toEqual({ ok: true, data: { mode: 'paused' } })
    expect(pool.mode).toBe('paused')
    expect((await tool('resume --json')).json()).toEqual({ ok: true, data: { mode: 'running' } })
    expect(pool.mode).toBe('running')
    expect(await tool('pause --dry-run')).toMatchObject({ stdout: 'POST /pause\n' })
    expect(pool.mode).toBe('running')
  })

  test('drains a template, and it is over when nothing is left of it', async () => {
    const { tool, pool } = await daemon()
    pool.put({ vmid: toVmid(201), hostname: 'web-1', state: 'claimed' })
    expect(await tool(`drain --template ${TEMPLATE} --yes`)).toMatchObject({ exitCode: 0 })
    expect(pool.calls).toEqual([`drain ${TEMPLATE}`])
    pool.put({ vmid: toVmid(202), hostname: 'pool-202', state: 'ready' })
    expect(await tool('drain --yes --timeout 100ms')).toMatchObject({ exitCode: 124 })
    const begun = await tool('drain --yes --no-wait --json')
    expect(begun.json()).toEqual({ ok: true, data: { mode: 'draining', left: 1, claimed: 1 } })
    expect((await tool('drain --yes --no-wait')).stderr).toContain('Draining the pool, 1 to go')
    pool.containers.delete(202)
    expect((await tool(`drain --template ${TEMPLATE} --yes --json`)).json()).toMatchObject({
      data: { template: TEMPLATE, left: 0, claimed: 1 },
    })
  })

  test.each(['drain', 'warm'])('says of %s --no-wait what it does: there is no task to wait for', async (command) => {
    const { stdout } = await cmux(['pool', command, '--help'])
    expect(stdout).toContain('--no-wait')
    expect(stdout).not.toMatch(/UPID|task/)
  })

  test('that is waited for says what holds it up, once, and again when there was no more time', async () => {
    const { tool, pool } = await daemon()
    pool.put({ vmid: toVmid(201), hostname: 'pool-201', state: 'ready' })
    pool.alarms = [
      { kind: 'unreachable', message: 'Proxmox does not answer', remedy: 'See to it' },
      { kind: 'quarantine', message: 'one was set aside' },
    ]
    const drained = await tool('drain --yes --timeout 1200ms')
    expect(drained).toMatchObject({
      exitCode: 124,
      stderr: expect.stringContaining('until the pool is drained, which is held up: Proxmox does not answer'),
    })
    expect(drained.stderr.match(/Warning: Held up: Proxmox does not answer\n {2}See to it/g)).toHaveLength(1)
    expect(drained.stderr).not.toContain('set aside')
    pool.mode = 'paused'
    expect((await tool('warm 9009 --timeout 0s --json')).json()).toMatchObject({
      error: { code: 'timeout', hint: 'cmux-pve pool resume' },
      warnings: [expect.stringContaining('paused'), expect.stringContaining('Proxmox does not answer')],
    })
  })

  test('that a container is awaited of says what holds it up', async () => {
    const { url, pool } = await daemon()
    pool.alarms = [{ kind: 'breaker', template: TEMPLATE, message: 'fills fail' }]
    pool.onAllocate = (_request, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const result = await cmux(['pool', 'allocate', '9009'], {
      env: { PVE_POOL_URL: url },
      signal: { name: 'SIGINT', after: /Held up: fills fail/ },
    })
    expect(result.exitCode).toBe(130)
  })

  test('says what it would do, and why', async () => {
    const { tool } = await daemon()
    expect((await tool('plan')).stdout).toMatch(/fill .* two ready, five wanted/)
  })

  test('is told to warm, and that is waited for unless it is not wanted', async () => {
    const { tool, pool } = await daemon()
    expect(await tool('warm 9009 --count 2 --no-wait')).toMatchObject({ exitCode: 0 })
    for (let vmid = 201; vmid <= 205; vmid++) pool.put({ vmid: toVmid(vmid), hostname: `c${vmid}`, state: 'ready' })
    expect((await tool('warm 9009 --json')).json()).toMatchObject({ data: { queued: 2, current: 3, ready: 5 } })
    expect(pool.calls).toEqual(['warm 9009 2', 'warm 9009'])
    const { stderr } = await tool('warm 9009 --count 2')
    expect(stderr).not.toContain('of 2 ready')
    expect(stderr).toContain('5 of template 9009 are ready')
  })

  test('says how many can be warmed of those asked for, and why not all', async () => {
    const { tool, pool } = await daemon()
    for (let vmid = 201; vmid <= 209; vmid++) pool.put({ vmid: toVmid(vmid), hostname: `c${vmid}`, state: 'ready' })
    const { exitCode, stderr } = await tool('warm 9009 --count 20')
    expect(exitCode).toBe(6)
    expect(stderr).toContain(
      'Error: Of 20 asked for only 9 can be ready: template 9009 may have 10 containers (max), and 1 of those are in use or set aside',
    )
    expect(stderr).toContain('9 of template 9009 are ready (asked for: 20)')
    const program = await tool('warm 9009 --count 20 --json')
    expect(program.json()).toMatchObject({
      ok: false,
      error: { code: 'exhausted', hint: expect.stringContaining('--count') },
      data: { asked: 20, possible: 9, ready: 9, max: 10 },
    })
    expect(await tool('warm 9009 --count 9')).toMatchObject({ exitCode: 0 })
    expect(await tool('warm 9009 --count 20 --no-wait')).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('Warning: Of 20 asked for only 9 can be ready'),
    })
    expect((await tool('warm 9009 --count 3 --no-wait')).stderr).toContain('no more are made')
  })

  test('allocate takes one template, and says so', async () => {
    const { tool } = await daemon()
    const { stdout } = await tool('allocate --help')
    expect(stdout).toMatch(/pool allocate \[TEMPLATE\] \[FLAGS\] \[-- COMMAND\.\.\.\]/)
    expect(stdout).not.toContain('TEMPLATE...')
  })

  test('says so when nothing is left behind', async () => {
    const { tool, pool } = await daemon()
    pool.orphans = []
    expect(await tool('gc --dry-run')).toMatchObject({ exitCode: 0, stderr: 'Nothing is left behind.\n' })
    expect(await tool('gc --yes')).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('Nothing is left') })
  })

  test('shows what is left behind, and destroys it only when it is told to', async () => {
    const { tool, pool } = await daemon()
    expect(await tool('gc --dry-run')).toMatchObject({
      stdout: '300 on node pve1 is ours and would be destroyed: half a clone of ours\n',
    })
    expect((await tool('gc --yes --json')).json()).toMatchObject({ data: [{ vmid: 300, destroyed: true }] })
    expect(pool.calls).toEqual(['gc false', 'gc true'])
  })

  test('looks before it asks, names what it would destroy, and asks nothing where that is nothing', async () => {
    const { tool, pool } = await daemon()
    const foreign = { node: 'pve1', ours: false, why: 'another pool', destroyed: false }
    pool.orphans = [
      { vmid: toVmid(300), node: 'pve1', ours: true, why: 'half a clone of ours', destroyed: false },
      { ...foreign, vmid: toVmid(301) },
    ]
    const asked = await tool('gc')
    expect(asked.exitCode).toBe(2)
    expect(asked.stderr).toContain('Destroy what the pool left behind, 300 on node pve1, for good?')
    pool.orphans = [{ ...foreign, vmid: toVmid(301) }]
    expect(await tool('gc')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('another pool') })
    expect(pool.calls).toEqual(['gc false', 'gc false'])
  })

  test('destroys what it has named when the answer is yes', async () => {
    const { url, pool } = await daemon()
    const tool = `${process.execPath} ${join(import.meta.dirname, '../../bin/run.js')} pool gc`
    const terminal = new PseudoTerminal(tool, { ...process.env, PVE_POOL_URL: url })
    await terminal.shows(/300 on node pve1, for good\?/)
    expect(pool.calls).toEqual(['gc false'])
    terminal.type('y\r')
    expect(await terminal.end).toMatchObject({ exitCode: 0 })
    expect(pool.calls).toEqual(['gc false', 'gc true'])
  })
})

test('pool bench measures a burst and gives everything back', async () => {
  const { tool, pool } = await daemon()
  const { exitCode, json } = await tool('bench 9009 --burst 4 --json')
  expect(exitCode).toBe(0)
  expect(json()).toMatchObject({
    data: { requests: 4, succeeded: 4, failed: {}, hitRate: 1, stages: { start: { p50: 340 }, claim: { p99: 12 } } },
  })
  expect(pool.calls.filter((call) => call.startsWith('release'))).toHaveLength(4)
})

test('the token of POOL_TOKEN is sent, and never shown', async () => {
  const token = 'the-token-of-the-pool'
  const { tool } = await daemon({ settings: { tokens: [token] } })
  expect(await tool('status', { POOL_TOKEN: token })).toMatchObject({ exitCode: 0 })
  const refused = await tool('status --json', { POOL_TOKEN: 'another-token-altogether' })
  expect(refused).toMatchObject({ exitCode: 4 })
  expect(refused.stdout + refused.stderr).not.toContain('another-token')
})

test('times are shown as people say them', async () => {
  const { tool, pool } = await daemon()
  pool.put({
    vmid: toVmid(201),
    hostname: 'x',
    state: 'claimed',
    since: SINCE,
    expires: Math.floor(Date.now() / 1000) + 600,
  })
  expect((await tool('list')).stdout).toMatch(/in (9 min|10 min)/)
})

describe('words that are no template', () => {
  test.each([
    ['allocate 9O00', '9O00'],
    ['allocate 9000 web-1', 'web-1'],
    ['allocate 9000 web-1 -- sleep 1', 'web-1'],
  ])('pool %s is refused: nothing is handed out, and no command made of them', async (words, wrong) => {
    const { tool, pool } = await daemon()
    const { exitCode, stderr } = await tool(words)
    expect(exitCode).toBe(2)
    expect(stderr).toContain(`'${wrong}' is not the VMID of a template`)
    expect(pool.callers).toEqual([])
  })
})

describe('an instance id that is empty, as of a variable that is not set', () => {
  test.each([
    'allocate 9009 --instance-id=',
    'release 201 --instance-id=',
    'remove 201 --yes --instance-id=',
    'renew 201 --ttl 5s --instance-id=',
  ])('pool %s is refused: it would guard against nothing', async (words) => {
    const { tool } = await daemon()
    const { exitCode, stderr } = await tool(words)
    expect(exitCode).toBe(2)
    expect(stderr).toContain('--instance-id is empty')
  })
})

test('pool serve does not take an empty socket, as of a variable that is not set, for none', async () => {
  const result = await cmux(['pool', 'serve', '--socket='])
  expect(result).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--socket is empty') })
})
