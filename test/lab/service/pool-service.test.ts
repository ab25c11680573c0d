import { existsSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inLabIf } from '../in-lab.js'
import { SystemdMachine } from './systemd-machine.js'

const SERVICE = 'cmux-pve-pool'
const ALLOCATE = ['pool', 'allocate', '9000', '--instance-id', 'web-1', '--json']

const inLab = inLabIf(existsSync('/lib/systemd/systemd') ? undefined : 'this machine has no systemd')

/** What operators rely on: `pool install`, and then systemd. */
inLab('the pool as a service of a real systemd', () => {
  let machine: SystemdMachine
  let settings: Readonly<Record<string, string>>

  beforeAll(async () => {
    machine = await SystemdMachine.boot()
    const simulator = await machine.simulator(['--template', '--time-scale', '20', '--port', '0', '--ssh-port', '0'])
    const range = { CONTAINER_VMID_START: '300', CONTAINER_VMID_END: '309' }
    settings = { ...simulator, ...range, POOL_TEMPLATES: '9000:2' }
  })
  afterAll(() => machine?.close())

  const show = async (property: string) =>
    (await machine.succeeds(['systemctl', 'show', '--value', '-p', property, SERVICE])).trim()
  const journal = () => machine.succeeds(['journalctl', '--no-pager', '-o', 'cat', '-u', SERVICE])
  const allocate = async () => JSON.parse((await machine.tool(ALLOCATE)).stdout)
  /** Of the daemon's process. */
  const status = async () => machine.succeeds(['cat', `/proc/${await show('MainPID')}/status`])
  const restarted = async (before: string) => {
    await expect.poll(async () => (await show('MainPID')) !== before && (await show('ActiveState'))).toBe('active')
  }

  it('is installed and started by one command', async () => {
    expect(await machine.tool(['pool', 'install'], settings)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('systemctl restart'),
    })
    expect([await show('ActiveState'), await show('Type'), await show('StatusText')]).toEqual([
      'active',
      'notify',
      'Listening on http://127.0.0.1:8007',
    ])
    expect((await machine.succeeds(['systemctl', 'is-enabled', SERVICE])).trim()).toBe('enabled')
  })

  it('is left alone by the same command when nothing has changed', async () => {
    const before = await show('MainPID')
    expect(await machine.tool(['pool', 'install'], settings)).toMatchObject({ exitCode: 0 })
    expect(await show('MainPID')).toBe(before)
  })

  it('has a user of its own, no capability, and a filter on its system calls', async () => {
    const text = await status()
    expect(Number(/^Uid:\t(\d+)/m.exec(text)?.[1])).toBeGreaterThan(60_000)
    expect([...text.matchAll(/^Cap\w+:\t(\w+)$/gm)].map(([, set]) => Number(`0x${set}`))).toEqual([0, 0, 0, 0, 0])
    expect(text).toMatch(/^NoNewPrivs:\t1$/m)
    expect(text).toMatch(/^Seccomp:\t2$/m)
  })

  it('gives out containers and gets into them, with the secrets that systemd hands to it', async () => {
    const words = [...ALLOCATE, '--variable', 'MODE=test']
    const { ok, data } = JSON.parse((await machine.tool(words)).stdout)
    expect([ok, data.hostname]).toEqual([true, 'web-1'])
    const mode = ['instance', 'exec', 'web-1', '--', 'cat', '/etc/profile.d/cmux-pve-environment.sh']
    expect((await machine.tool(mode, settings)).stdout).toContain('MODE=test')
  })

  it('keeps its secrets to itself', async () => {
    const { PVE_API_TOKEN = '' } = settings
    const [, secret = ''] = PVE_API_TOKEN.split('=')
    expect(secret).toHaveLength(36)
    const pid = await show('MainPID')
    const seen = [
      await journal(),
      await machine.succeeds(['systemctl', 'show', SERVICE]),
      await machine.succeeds(['cat', `/proc/${pid}/environ`, `/proc/${pid}/cmdline`]),
      await machine.succeeds([
        'sh',
        '-c',
        'find /etc/cmux-pve /opt/cmux-pve /etc/systemd -type f -perm /077 -exec cat {} +',
      ]),
    ]
    expect(seen.filter((text) => text.includes(secret))).toEqual([])
  })

  it('is started again after kill -9, and knows who has which container', async () => {
    const [before, { data }] = [await show('MainPID'), await allocate()]
    await machine.succeeds(['systemctl', 'kill', '--signal=KILL', SERVICE])
    await restarted(before)
    expect((await allocate()).data.vmid).toBe(data.vmid)
  })

  it('is started again when it hangs', async () => {
    // As `systemctl edit` would: what comes with the unit is left as it is.
    const folder = `/etc/systemd/system/${SERVICE}.service.d`
    const dropIn = `mkdir ${folder} && printf '[Service]\\nWatchdogSec=1\\n' >${folder}/override.conf`
    await machine.succeeds(['sh', '-c', dropIn])
    await machine.succeeds(['systemctl', 'daemon-reload'])
    await machine.succeeds(['systemctl', 'restart', SERVICE])
    const before = await show('MainPID')
    await machine.succeeds(['systemctl', 'kill', '--signal=STOP', SERVICE])
    await restarted(before)
    expect(await journal()).toContain('Watchdog timeout')
  })

  it('ends when it is told to, and leaves containers that are in use alone', async () => {
    const { data } = await allocate()
    await machine.succeeds(['systemctl', 'stop', SERVICE])
    expect([await show('ActiveState'), await show('Result')]).toEqual(['inactive', 'success'])
    expect(await journal()).toMatch(/"msg":"stopped"/)
    const { stdout } = await machine.tool(['instance', 'status', String(data.vmid), '--json'], settings)
    expect(JSON.parse(stdout).data).toMatchObject({ name: 'web-1', status: 'running' })
  })
})
