import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/lib/clock.js'
import { checkpointInstance } from '../../src/lib/criu/checkpoint.js'
import { CRIU_READY, type CriuBench, openCriuBench } from '../support/criu-bench.js'

const OS_TEMPLATE = { volid: 'local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz', size: 3_000_000 }

let bench: CriuBench
beforeAll(async () => {
  bench = await openCriuBench({ timeScale: 100, osTemplates: [OS_TEMPLATE] })
  await bench.container(101, CRIU_READY)
  await bench.start(101)
  await bench.container(102)
  await bench.start(102)
})
afterEach(async () => {
  const { status } = await bench.client.containers.status({ vmid: 101, node: 'pve1' })
  if (status === 'stopped') await bench.run(['criu', 'restore', '101'])
})
afterAll(() => bench.close())

const status = async () => (await bench.client.containers.status({ vmid: 101, node: 'pve1' })).status

describe('cmux-pve criu checkpoint and restore', () => {
  it('puts a container to sleep and wakes it, and says so', async () => {
    const asleep = await bench.run(['criu', 'checkpoint', 'ct101', '--name', 'one', '--print-stats'])
    expect([asleep.exitCode, asleep.stderr]).toEqual([
      0,
      expect.stringContaining('Container 101 (ct101) on node pve1 sleeps in checkpoint one: '),
    ])
    expect(asleep.stdout).toMatch(/^preflight +\d+/)
    expect(await status()).toBe('stopped')
    const awake = await bench.run(['criu', 'restore', '101', '--verify'])
    expect([awake.exitCode, awake.stderr]).toEqual([0, expect.stringContaining('runs again from checkpoint one')])
    expect(await status()).toBe('running')
  })

  it('gives two within one second names of their own', async () => {
    const clock = { ...systemClock, now: () => Date.UTC(2026, 10, 22, 6, 15) }
    const request = { leaveRunning: true, keep: 9, compress: false, force: false }
    const freeze = () => checkpointInstance({ ...bench.context, clock }, '101', request)
    const names = [await freeze(), await freeze(), await freeze()].map((outcome) => outcome?.checkpoint)
    expect(names).toEqual(['20261122-061500', '20261122-061500-2', '20261122-061500-3'])
  })

  it('gives programs all that is known', async () => {
    const asleep = await bench.run(['criu', 'checkpoint', '101', '--name', 'two', '--compress', '--json'])
    expect(asleep.json()).toEqual({
      ok: true,
      data: {
        vmid: 101,
        name: 'ct101',
        node: 'pve1',
        checkpoint: 'two',
        status: 'stopped',
        manifest: expect.objectContaining({
          version: 1,
          vmid: 101,
          name: 'two',
          files: expect.any(Array),
          size: expect.any(Number),
        }),
        times: { preflight: expect.any(Number), checkpoint: expect.any(Number), total: expect.any(Number) },
        pruned: expect.any(Array),
      },
    })
    expect((await bench.run(['criu', 'restore', '101', '--json'])).json()).toMatchObject({
      ok: true,
      data: { vmid: 101, checkpoint: 'two', restored: true, missing: [], overruled: [], limits: expect.any(Array) },
    })
  })

  it('keeps as many as it is told', async () => {
    for (const name of ['k1', 'k2', 'k3']) {
      await bench.run(['criu', 'checkpoint', '101', '--name', name, '--keep', '2'])
      await bench.run(['criu', 'restore', '101'])
    }
    expect((await bench.ssh('pve1', 'ls /var/lib/cmux-pve/checkpoints/101')).trim().split('\n')).toEqual(['k2', 'k3'])
  })

  it('changes nothing under --dry-run, and shows what it would do', async () => {
    const before = await bench.client.containers.config({ vmid: 101, node: 'pve1' })
    const { stdout, exitCode } = await bench.run(['criu', 'checkpoint', '101', '--name', 'dry', '--dry-run'])
    expect([exitCode, stdout.split('\n')]).toEqual([
      0,
      [
        'on pve1: lxc-checkpoint -n 101 -D /var/lib/cmux-pve/checkpoints/101/dry/images -s',
        expect.stringMatching(/^PUT \/nodes\/pve1\/lxc\/101\/config .*cmux-asleep/),
        '',
      ],
    ])
    expect(await bench.client.containers.config({ vmid: 101, node: 'pve1' })).toEqual(before)
    expect(await bench.ssh('pve1', 'ls /var/lib/cmux-pve/checkpoints/101')).not.toContain('dry')
  })

  it('says what stands in the way before anything is frozen', async () => {
    const refused = await bench.run(['criu', 'checkpoint', '102', '--json'])
    expect([refused.exitCode, refused.json()]).toMatchObject([
      1,
      { ok: false, error: { code: 'unsupported', hint: expect.stringContaining('criu status 102') } },
    ])
    for (const command of ['criu checkpoint', 'instance pause']) {
      const { stderr } = await bench.run([...command.split(' '), '102'])
      expect(stderr, command).toMatch(
        /cannot be checkpointed: It is unprivileged .* Not possible today.*\(and 2 more\)/,
      )
      expect(stderr, command).toContain(
        'Hint: One that can sleep: cmux-pve template create alpine-3.20 --criu --start.',
      )
    }
    const status = (await bench.run(['criu', 'status', '102'])).stdout
    expect(status.match(/(?<=BLOCKS )\s*[\w-]+/g)?.map((id) => id.trim())).toEqual([
      'unprivileged-network',
      'terminals',
      'console',
    ])
    const tried = await bench.run(['criu', 'checkpoint', '102', '--force'])
    expect([tried.exitCode, tried.stderr]).toEqual([
      1,
      expect.stringContaining('could not be checkpointed and runs on'),
    ])
    const config = await bench.client.containers.config({ vmid: 102, node: 'pve1' })
    expect([config.tags, config.description ?? '']).toEqual([[], expect.not.stringContaining('sleep:')])
  })

  it('refuses what sleeps, what runs, what is not there, and a name that is none', async () => {
    await bench.run(['criu', 'checkpoint', '101', '--name', 'nap'])
    expect((await bench.run(['criu', 'checkpoint', '101'])).stderr).toContain('sleeps already, in checkpoint nap')
    await bench.run(['criu', 'restore', '101'])
    const running = await bench.run(['criu', 'restore', '101'])
    expect([running.exitCode, running.stderr]).toEqual([
      6,
      expect.stringContaining('is running: there is nothing to restore'),
    ])
    expect((await bench.run(['criu', 'checkpoint', '101', '--name', 'nap'])).exitCode).toBe(6)
    expect((await bench.run(['criu', 'checkpoint', '101', '--name', '../x'])).exitCode).toBe(2)
    expect((await bench.run(['criu', 'checkpoint', '999'])).exitCode).toBe(5)
    expect(await status()).toBe('running')
  })

  it('comes to a safe end when it is interrupted in the middle, and says which', async () => {
    const { exitCode, stderr } = await bench.run(['criu', 'checkpoint', '101', '--name', 'broken-off'], {
      signal: { name: 'SIGINT', after: /Freezing/ },
    })
    expect([exitCode, stderr]).toEqual([130, expect.stringContaining('sleeps in checkpoint broken-off')])
    expect(stderr).toContain('cmux-pve criu restore 101')
    const woken = await bench.run(['criu', 'restore', '101'])
    expect([woken.exitCode, await status()]).toEqual([0, 'running'])
  })
})

describe('cmux-pve criu test', () => {
  it('asks a witness, and cleans up', async () => {
    const tested = await bench.run(['criu', 'test', '101', '--cycles', '2', '--yes', '--json'])
    expect(tested.json()).toMatchObject({ ok: true, data: { vmid: 101, passed: true, cycles: [{}, {}] } })
    expect(await bench.ssh('pve1', 'ls /var/lib/cmux-pve/checkpoints/101')).not.toContain('test-')
    expect(await bench.ssh('pve1', 'pct exec 101 -- ls -a /dev/shm /run /dev')).not.toContain('witness')
  })

  it('needs --yes where nobody can answer', async () => {
    const { exitCode, stderr } = await bench.run(['criu', 'test', '101'])
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('Say --yes')])
  })
})
