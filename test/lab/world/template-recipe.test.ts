import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CliOptions, cmux } from '../../support/cli.js'
import { inLab } from '../in-lab.js'
import { type LabNode, startLabNode } from '../node.js'

const BUILTIN = join(import.meta.dirname, '../../../recipes/cmux/prelude.sh')

/** Uses what the built-in recipe uses: its functions, its way to install packages. */
const RECIPE = `name: packages
prelude: ${BUILTIN}
environment: {DEBIAN_FRONTEND: noninteractive, LC_ALL: C.UTF-8}
network: apt_get -o APT::Update::Error-Mode=any update
steps:
  - name: unzip
    run: know_release && update_lists && install_packages unzip
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

inLab('a recipe with packages from the mirror, in a real Debian', () => {
  let node: LabNode
  let home: string

  beforeAll(async () => {
    node = await startLabNode()
    const created = await node.client.containers.create(node.simulator.node, {
      vmid: 461,
      ostemplate: 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst',
      hostname: 'ct461',
      options: {
        rootfs: 'local-btrfs:2',
        memory: 512,
        swap: 0,
        unprivileged: 0,
        net0: 'name=eth0,bridge=vmbr0,ip=dhcp',
      },
    })
    await node.client.tasks.wait(created)
    home = await mkdtemp(join(tmpdir(), 'cmux-home-'))
    await writeFile(join(home, 'packages.yaml'), RECIPE)
  })
  afterAll(async () => {
    await node.close()
    await rm(home, { recursive: true })
  })

  const configure = (words: readonly string[], options: CliOptions = {}) =>
    cmux(['template', 'configure', '461', '--recipe', 'packages.yaml', ...words], {
      ...options,
      cwd: home,
      env: { ...node.environment, HOME: home },
    })
  const status = async () => (await node.client.containers.status({ vmid: 461, node: 'pve1' })).status

  it('is killed in the middle of an installation, and goes on from there', { timeout: 180_000 }, async () => {
    const killed = await configure([], { signal: { name: 'SIGKILL', after: /\[1\/3\]/ } })
    expect(killed.exitCode).toBe(null)
    const resumed = await configure(['--validate', '--json'])
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
    expect(await status()).toBe('running')
  })

  it('changes nothing the second time, and leaves a stopped container stopped', { timeout: 120_000 }, async () => {
    await node.client.tasks.wait(await node.client.containers.stop({ vmid: 461, node: 'pve1' }))
    const again = await configure(['--json'])
    expect(again.json()).toMatchObject({ ok: true, data: { changed: false, steps: [{}, {}, { result: 'skipped' }] } })
    expect(await status()).toBe('stopped')
  })
})
