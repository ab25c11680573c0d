import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectedProvider, createProxmoxProvider } from '../../../src/lib/provider/create-provider.js'
import { isPauseImpossible } from '../../../src/lib/provider/provider.js'
import { loadSettings } from '../../../src/lib/settings/load.js'
import { CRIU_READY, type CriuBench, openCriuBench } from '../../support/criu-bench.js'

let bench: CriuBench
let provider: ConnectedProvider
beforeAll(async () => {
  bench = await openCriuBench({ timeScale: 100 })
  await bench.template(9000)
  await bench.template(9001, CRIU_READY)
  provider = createProxmoxProvider(loadSettings({ environment: bench.simulator.environmentVariables }))
})
afterAll(async () => {
  await provider.close()
  await bench.close()
})

const inside = (id: string, script: string) => bench.ssh('pve1', `pct exec ${id} -- sh -c '${script}'`)

describe('a provider of sandboxes', () => {
  it('starts one from a template, puts it to sleep with what runs in it, wakes it, and stops it', async () => {
    const sandbox = await provider.startInstance({ template: 9001, name: 'box', memory: 256, tags: ['job'] })
    expect(sandbox).toEqual({
      id: expect.stringMatching(/^\d+$/),
      name: 'box',
      node: 'pve1',
      status: 'running',
      addresses: [expect.stringMatching(/^10\./)],
    })
    await inside(sandbox.id, 'setsid sleep 100000 &')
    const paused = await provider.pauseInstance(sandbox.id)
    expect(paused).toMatchObject({ id: sandbox.id, status: 'paused', addresses: [], checkpoint: expect.any(String) })
    expect(await provider.pauseInstance('box')).toEqual(paused)
    expect(await provider.resumeInstance(sandbox.id)).toEqual(sandbox)
    expect(await inside(sandbox.id, 'ps')).toContain('sleep')
    expect(await provider.resumeInstance(sandbox.id)).toEqual(sandbox)
    expect(await provider.stopInstance(sandbox.id, { force: true })).toMatchObject({ status: 'stopped', addresses: [] })
  })

  it('does not boot one that was not paused unless it is told to', async () => {
    await expect(provider.resumeInstance('box')).rejects.toMatchObject({ code: 'conflict' })
    expect(await provider.resumeInstance('box', { pause: 'stop' })).toMatchObject({ status: 'running' })
    expect(await provider.startInstance({ id: 'box' })).toMatchObject({ status: 'running' })
  })

  it('says what stands in the way where CRIU cannot, lets the sandbox run on, and stops it only when told to', async () => {
    const { id } = await provider.startInstance({ name: 'ordinary' })
    const refusal = await provider.pauseInstance(id).catch((error: unknown) => error)
    expect(isPauseImpossible(refusal)).toBe(true)
    expect(refusal).toMatchObject({
      code: 'unsupported',
      blockers: [{ id: 'unprivileged-network' }, { id: 'terminals' }, { id: 'console' }],
    })
    expect((await bench.client.containers.status({ vmid: Number(id), node: 'pve1' })).status).toBe('running')
    expect(await provider.pauseInstance(id, { pause: 'stop' })).toMatchObject({ id, status: 'stopped' })
    expect(isPauseImpossible(await provider.pauseInstance('nobody').catch((error: unknown) => error))).toBe(false)
  })

  it('deletes one with what was kept of its memory, and is content with one that is gone', async () => {
    const { id } = await provider.startInstance({ template: 9001, name: 'gone' })
    await provider.pauseInstance(id)
    await provider.deleteInstance(id)
    expect(await bench.vmids()).not.toContain(Number(id))
    expect(await bench.ssh('pve1', `find /var/lib/cmux-pve/checkpoints/${id} -name manifest.json`)).toBe('')
    await provider.deleteInstance(id)
  })

  it('is what `instance pause` and `instance resume` use', async () => {
    expect((await bench.run(['instance', 'pause', 'box', '--json'])).json()).toMatchObject({
      ok: true,
      data: { name: 'box', status: 'paused', checkpoint: expect.any(String) },
    })
    expect(await bench.run(['instance', 'resume', 'box'])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/Container \d+ \(box\) on node pve1 runs/),
    })
    expect(await bench.run(['instance', 'resume', 'ordinary'])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/Boot it: cmux-pve instance resume \d+ --boot\n/),
    })
    expect(await bench.run(['instance', 'resume', 'ordinary', '--boot'])).toMatchObject({ exitCode: 0 })
    expect(await bench.run(['instance', 'pause', 'ordinary'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/cmux-pve instance pause ordinary --stop\n/),
    })
    expect(await bench.run(['instance', 'pause', 'ordinary', '--stop'])).toMatchObject({ exitCode: 0 })
  })

  it('shows under --dry-run what pausing and resuming would do, and does none of it', async () => {
    const { vmid, node } = await bench.client.containers.find('box')
    const dry = async (...words: readonly string[]) =>
      (await bench.run(['instance', ...words, '--dry-run', '--json'])).json()
    const status = async () => (await bench.client.containers.status({ vmid, node })).status
    const calls = [expect.objectContaining({ method: 'PUT', path: `/nodes/${node}/lxc/${vmid}/config` })]
    const command = (end: string) => [{ node, command: expect.stringMatching(`^lxc-checkpoint -n ${vmid} .*${end}$`) }]
    expect(await dry('pause', 'box')).toMatchObject({ data: { dryRun: true, calls, plan: command(' -s') } })
    expect(await dry('pause', 'box', '--stop')).toMatchObject({ data: { calls: [{ method: 'POST' }] } })
    expect(await status()).toBe('running')
    expect(await bench.run(['instance', 'pause', 'box'])).toMatchObject({ exitCode: 0 })
    expect(await dry('resume', 'box')).toMatchObject({ data: { dryRun: true, calls, plan: command('/images') } })
    expect(await status()).toBe('stopped')
    expect(await bench.run(['instance', 'resume', 'box'])).toMatchObject({ exitCode: 0 })
  })
})
