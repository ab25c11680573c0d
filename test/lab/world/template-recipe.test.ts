import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type CliOptions, cmux } from '../../support/cli.js'
import { containerProcesses } from '../container-processes.js'
import { startContainerSshd } from '../container-sshd.js'
import { inLab } from '../in-lab.js'
import { command } from '../lxc/command.js'
import { type LabNode, startLabNode } from '../node.js'

const BUILTIN = join(import.meta.dirname, '../../../recipes/cmux/prelude.sh')

/** Uses what the built-in recipe uses: its functions, its way to install packages. */
const RECIPE = `name: packages
prelude: ${BUILTIN}
environment: {DEBIAN_FRONTEND: noninteractive, LC_ALL: C.UTF-8}
network: apt_get -o APT::Update::Error-Mode=any update
steps:
  - name: unzip
    run: know_release && install_packages unzip
    check: installed unzip
    timeout: 3m
  - name: jq
    run: install_packages jq
    check: jq --version
    timeout: 3m
  - {name: folders, run: install -d -m 0700 /opt/cmux/checkpoints}
validate:
  - {name: unzip, run: unzip -v}
  - {name: jq, run: 'echo 1 | jq .'}
`

/** Each way in has a container of its own, all made from the same root file system. */
const WAYS = [
  { mode: 'local', vmid: 461 },
  { mode: 'pve-ssh', vmid: 462 },
  { mode: 'container-ssh', vmid: 463 },
] as const
type Way = (typeof WAYS)[number]

inLab('a recipe with packages from the mirror, in a real Debian', () => {
  let node: LabNode
  let home: string
  let fingerprint: string

  beforeAll(async () => {
    node = await startLabNode()
    for (const { vmid } of WAYS) await createDebian(vmid)
    const ct = { vmid: 463, node: node.simulator.node }
    await node.client.tasks.wait(await node.client.containers.start(ct))
    fingerprint = (await startContainerSshd(463)).fingerprint
    await node.client.tasks.wait(await node.client.containers.stop(ct))
    home = await mkdtemp(join(tmpdir(), 'cmux-home-'))
    await writeFile(join(home, 'packages.yaml'), RECIPE)
  }, 120_000)
  afterAll(async () => {
    await node.close()
    await rm(home, { recursive: true })
  })

  async function createDebian(vmid: number): Promise<void> {
    const created = await node.client.containers.create(node.simulator.node, {
      vmid,
      ostemplate: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
      hostname: `ct${vmid}`,
      options: {
        rootfs: 'local-btrfs:2',
        memory: 512,
        swap: 0,
        unprivileged: 0,
        net0: 'name=eth0,bridge=vmbr0,ip=dhcp',
      },
    })
    await node.client.tasks.wait(created)
  }
  const configure = ({ mode, vmid }: Way, words: readonly string[], options: CliOptions = {}) =>
    cmux(['template', 'configure', String(vmid), '--recipe', 'packages.yaml', '--mode', mode, ...words], {
      ...options,
      cwd: home,
      env: { ...node.environment, HOME: home, PVE_CONTAINER_HOST_FINGERPRINT: fingerprint },
    })
  /** Waits until apt-get installs the first package. */
  const installing = ({ vmid }: Way) =>
    expect
      .poll(() => containerProcesses(vmid).join('\n'), { timeout: 120_000, interval: 20 })
      .toMatch(/^apt-get .* install .*unzip$/m)
  const status = async ({ vmid }: Way) => (await node.client.containers.status({ vmid, node: 'pve1' })).status
  const content = ({ vmid }: Way) =>
    command(
      'lxc-attach',
      '-n',
      `${vmid}`,
      '--',
      'sh',
      '-c',
      'find /etc /opt /root /var/lib/dpkg -type f | sort | xargs -d "\\n" md5sum',
    )

  describe('the first time', () => {
    it.concurrent.each(WAYS)(
      'by $mode is killed in the middle of an installation, and goes on from there to its end',
      { timeout: 180_000 },
      async (way) => {
        const killed = await configure(way, [], { signal: { name: 'SIGKILL', after: () => installing(way) } })
        expect(killed.exitCode).toBe(null)
        const resumed = await configure(way, ['--validate', '--json'])
        expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
        expect(resumed.json()).toMatchObject({
          data: {
            changed: true,
            validation: [
              { name: 'unzip', ok: true },
              { name: 'jq', ok: true, detail: '1' },
            ],
          },
        })
        // The first one was killed: nobody was left to stop what it had started.
        expect(await status(way)).toBe('running')
      },
    )
  })

  describe('the second time', () => {
    it.concurrent.each(WAYS)(
      'by $mode changes nothing, and leaves a stopped container stopped',
      { timeout: 120_000 },
      async (way) => {
        const ct = { vmid: way.vmid, node: node.simulator.node }
        const before = await content(way)
        await node.client.tasks.wait(await node.client.containers.stop(ct))
        const again = await configure(way, ['--json'])
        expect(again.json()).toMatchObject({
          ok: true,
          data: { changed: false, steps: [{}, {}, { result: 'skipped' }] },
        })
        expect(await status(way)).toBe('stopped')
        await node.client.tasks.wait(await node.client.containers.start(ct))
        expect(await content(way)).toBe(before)
      },
    )
  })
})
