import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { preflight } from '../../../src/lib/criu/preflight.js'
import type { PreflightReport } from '../../../src/lib/criu/preflight-report.js'
import { CRIU_READY, type CriuBench, openCriuBench } from '../../support/criu-bench.js'

const DEBIAN = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

let bench: CriuBench
beforeAll(async () => {
  bench = await openCriuBench({
    timeScale: 100,
    osTemplates: [
      { volid: DEBIAN, size: 126_000_000 },
      { volid: 'local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz', size: 3_000_000 },
    ],
  })
})
afterAll(() => bench.close())

const look = async (vmid: number): Promise<PreflightReport> =>
  preflight(bench.context, await bench.client.containers.find(vmid))
const words = ({ blockers }: PreflightReport) => blockers.map(({ id, severity }) => `${severity} ${id}`)

describe('a look before a checkpoint, at containers of a simulated cluster', () => {
  it('finds nothing in the way of a privileged container without terminals', async () => {
    await bench.container(101, CRIU_READY)
    await bench.start(101)
    expect(await look(101)).toMatchObject({
      vmid: 101,
      name: 'ct101',
      node: 'pve1',
      possible: true,
      blockers: [],
      versions: { criu: '4.1.1', lxc: '6.0.5', kernel: '6.14.8-2-pve' },
      memory: 64 * 1024,
      free: expect.any(Number),
    })
  })

  it('finds the terminals, the console and the network of a container as Proxmox makes it', async () => {
    await bench.container(102)
    await bench.start(102)
    const report = await look(102)
    expect(words(report)).toEqual(['blocks unprivileged-network', 'blocks terminals', 'blocks console'])
    expect(report.possible).toBe(false)
    expect(report.blockers[1]).toEqual({
      id: 'terminals',
      severity: 'blocks',
      what: 'The node holds 2 terminals open for it, which criu cannot dump',
      remedy: {
        text: 'Turn it off and restart the container',
        command: 'pct set 102 --tty 0 && cmux-pve instance restart 102',
        fix: { set: { tty: 0 } },
      },
    })
    expect(report.blockers[0]?.remedy).toBeUndefined()
  })

  it('says that a restart is missing when the configuration is right and what runs is not', async () => {
    await bench.client.containers.update({ vmid: 102, node: 'pve1' }, { set: { tty: 0 } })
    const terminals = (await look(102)).blockers.find(({ id }) => id === 'terminals')
    expect(terminals?.remedy).toEqual({
      text: 'Restart it: the change is made and waits for that',
      command: 'cmux-pve instance restart 102',
    })
  })

  it('finds systemd, and what was started from outside', async () => {
    await bench.client.tasks.wait(
      await bench.client.containers.create('pve1', {
        vmid: 103,
        ostemplate: DEBIAN,
        options: { rootfs: 'local-lvm:1', ...CRIU_READY },
      }),
    )
    await bench.start(103)
    await bench.ssh('pve1', "pct exec 103 -- sh -c 'sleep 1000 &'")
    const report = await look(103)
    expect(words(report)).toEqual(['blocks systemd', 'blocks attached', 'blocks devices'])
    expect(report.blockers[1]?.what).toContain('(sh, sleep)')
    expect(report.blockers[2]?.what).toContain('(systemd: anon_inode:bpf-prog)')
  })

  it('says of a stopped container that it does not run, and what its next start would bring', async () => {
    await bench.container(104, { ...CRIU_READY, tty: 2 })
    const report = await look(104)
    expect(words(report)).toEqual(['blocks not-running', 'blocks terminals'])
    expect(report.blockers[1]?.remedy?.command).toBe('pct set 104 --tty 0')
    expect(report.memory).toBe(0)
  })

  it('says what a template is, and that a locked container is busy', async () => {
    await bench.template(105)
    expect(words(await look(105))).toEqual(['blocks template'])
    await bench.client.containers.update({ vmid: 104, node: 'pve1' }, { set: { lock: 'backup' } })
    expect(words(await look(104))).toContain('blocks locked')
    await bench.ssh('pve1', 'pct unlock 104')
  })

  it('agrees with what lxc-checkpoint then does', async () => {
    const dump = (vmid: number) =>
      bench.ssh('pve1', `lxc-checkpoint -n ${vmid} -D /tmp/dump-${vmid} >/dev/null 2>&1; echo $?`)
    for (const vmid of [101, 102, 103]) expect(await dump(vmid)).toBe((await look(vmid)).possible ? '0\n' : '1\n')
    expect(await bench.ssh('pve1', 'cat /tmp/dump-103/dump.log')).toMatch(/Error \(criu\/.*\n.*Dumping FAILED/)
  })

  it('looks at the node that a container has moved to', async () => {
    await bench.container(106, { ...CRIU_READY, rootfs: 'ceph:1' })
    await bench.migrate(106, 'pve1', 'pve3')
    await bench.client.tasks.wait(await bench.client.containers.start({ vmid: 106, node: 'pve3' }))
    expect(await look(106)).toMatchObject({ node: 'pve3', possible: true })
  })
})
