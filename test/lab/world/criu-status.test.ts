import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../../src/lib/clock.js'
import type { CriuContext } from '../../../src/lib/criu/criu-context.js'
import type { BlockerId, PreflightReport } from '../../../src/lib/criu/preflight-report.js'
import { criuStatus } from '../../../src/lib/criu/status.js'
import { SshExecutor } from '../../../src/lib/executor/ssh-executor.js'
import type { OptionValues } from '../../../src/lib/pve/client.js'
import { inLab, world } from '../in-lab.js'
import { type LabNode, startLabNode } from '../node.js'
import { nodeSsh } from '../node-ssh.js'

const BUSYBOX = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'
const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'
const READY = { unprivileged: 0, tty: 0, console: 0 }

inLab('what real LXC containers have in the way of a checkpoint', () => {
  let node: LabNode
  let shell: SshExecutor
  let context: CriuContext

  beforeAll(async () => {
    node = await startLabNode()
    shell = new SshExecutor(await nodeSsh())
    context = { client: node.client, clock: systemClock, nodeShell: async () => shell }
  })
  afterAll(async () => {
    await shell.close()
    await node.close()
  })

  async function start(vmid: number, options: OptionValues, ostemplate = BUSYBOX) {
    const address = { vmid, node: node.simulator.node }
    const created = { vmid, ostemplate, options: { rootfs: 'local-btrfs:1', memory: 256, swap: 0, ...options } }
    await node.client.tasks.wait(await node.client.containers.create(address.node, created))
    await node.client.tasks.wait(await node.client.containers.start(address))
  }

  async function look(vmid: number): Promise<PreflightReport> {
    const { containers } = await criuStatus(context, { references: [String(vmid)] })
    const [report] = containers
    if (report === undefined) throw new Error('nothing was found')
    return report
  }

  const blocking = ({ blockers }: PreflightReport): readonly BlockerId[] =>
    blockers.filter(({ severity }) => severity === 'blocks').map(({ id }) => id)

  /** Dumps with lxc-checkpoint itself, and says whether that worked and what criu complained of. */
  async function dump(vmid: number, ...flags: readonly string[]) {
    const folder = await mkdtemp(join(world().directory, 'disk/tmp/dump-'))
    const { exitCode } = await shell.run(['lxc-checkpoint', '-n', String(vmid), ...flags, '-D', folder])
    const { stdout: log } = await shell.run(['sh', '-c', 'grep Error "$1"/dump.log', 'sh', folder])
    return { worked: exitCode === 0, log, folder }
  }

  const isRunning = async (vmid: number) =>
    (await shell.run(['lxc-info', '-n', String(vmid), '-s', '-H'])).stdout.trim() === 'RUNNING'

  it('is told with what the node has, and that is fit for it', async () => {
    const { nodes } = await criuStatus(context, { references: [] })
    expect(nodes).toMatchObject([
      {
        node: 'pve1',
        versions: {
          criu: expect.stringMatching(/^\d+\.\d/),
          lxc: expect.stringMatching(/^\d+\.\d/),
          kernel: expect.any(String),
        },
        check: { ok: true, said: 'Looks good.' },
        blockers: [],
      },
    ])
    expect(nodes[0]?.space.free).toBeGreaterThan(0)
    expect(nodes[0]?.features.find(({ name }) => name === 'ns_pid')).toBeDefined()
  })

  it('is nothing for a privileged one without terminals, and the dump works', async () => {
    await start(431, { ...READY, net0: 'name=eth0,bridge=vmbr0,ip=10.0.2.131/24' })
    const report = await look(431)
    expect(report).toMatchObject({ possible: true, blockers: [] })
    expect(report.memory).toBeGreaterThan(0)
    expect(await dump(431)).toMatchObject({ worked: true })
  })

  it('is its terminals, and the dump fails by them', async () => {
    await start(432, { ...READY, tty: 4, net0: 'name=eth0,bridge=vmbr0,ip=10.0.2.132/24' })
    expect(blocking(await look(432))).toEqual(['terminals'])
    const attempt = await dump(432, '-s')
    expect(attempt.worked).toBe(false)
    expect(attempt.log).toContain('Unable to find a master')
    expect(await isRunning(432)).toBe(true)
  })

  it('is the network of an unprivileged one: the dump works, and the restore would fail', async () => {
    await start(433, { ...READY, unprivileged: 1, net0: 'name=eth0,bridge=vmbr0,ip=10.0.2.133/24' })
    expect(blocking(await look(433))).toEqual(['unprivileged-network'])
    await start(434, { ...READY, unprivileged: 1 })
    expect(blocking(await look(434))).toEqual([])
  })

  it('is a command that was started from outside and goes on', async () => {
    await shell.run(['sh', '-c', 'lxc-attach -n 434 -- sh -c "sleep 1000 &" </dev/null >/dev/null 2>&1'])
    const report = await look(434)
    expect(blocking(report)).toEqual(['attached'])
    expect(report.blockers[0]?.what).toContain('sleep')
    expect(await dump(434)).toMatchObject({ worked: false })
    expect(await isRunning(434)).toBe(true)
  })

  it('is a network socket, for a criu that does not know this kernel', async () => {
    await shell.run(['lxc-attach', '-n', '431', '--', 'sh', '-c', 'setsid nc -l -p 8080 </dev/null >/dev/null 2>&1 &'])
    const report = await look(431)
    const attempt = await dump(431)
    expect(attempt.worked).toBe(report.possible)
    if (!report.possible) {
      expect(blocking(report)).toEqual(['sockets'])
      expect(attempt.log).toContain("Can't get 1:")
    }
  })

  it('is systemd', { timeout: 240_000 }, async () => {
    await start(435, { ...READY, memory: 512, rootfs: 'local-btrfs:2', net0: 'name=eth0,bridge=vmbr0,ip=dhcp' }, DEBIAN)
    const install = 'apt-get -qq update && apt-get -qq install -y --no-install-recommends systemd-sysv'
    const inside = ['lxc-attach', '-n', '435', '--clear-env', '--', 'sh', '-c']
    await expect.poll(async () => (await shell.run([...inside, install])).exitCode, { timeout: 200_000 }).toBe(0)
    const address = { vmid: 435, node: node.simulator.node }
    await node.client.tasks.wait(await node.client.containers.stop(address))
    await node.client.tasks.wait(await node.client.containers.start(address))
    expect(blocking(await look(435))).toContain('systemd')
    expect(await dump(435, '-s')).toMatchObject({ worked: false })
    expect(await isRunning(435)).toBe(true)
  })
})
