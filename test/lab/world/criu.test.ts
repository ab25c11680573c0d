import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { testInstance } from '../../../src/lib/criu/cycle-test.js'
import { SLEEP_TAG } from '../../../src/lib/criu/sleep-mark.js'
import { type CriuBench, openCriuBench } from '../criu-bench.js'
import { inLab } from '../in-lab.js'
import { command } from '../lxc/command.js'

inLab('sleep with memory, on real LXC with real CRIU over real sshd', () => {
  let bench: CriuBench
  const names = async (vmid: number) => (await bench.stored(vmid)).map(({ name }) => name)
  beforeAll(async () => {
    bench = await openCriuBench()
    await bench.privileged(501)
    await bench.unprivileged(502)
  })
  afterAll(() => bench.close())

  it.each([
    ['privileged with a network', 501],
    ['unprivileged without one', 502],
  ])('freezes a container that is %s and brings it back with its memory', async (_kind, vmid) => {
    const { witness, token } = await bench.witness(vmid)
    const before = await witness.ask()
    const addresses = await bench.node.client.containers.interfaces({ vmid, node: 'pve1' })
    const frozen = await bench.checkpoint(vmid)
    expect([frozen.status, await bench.status(vmid)]).toEqual(['stopped', 'stopped'])
    expect(await bench.mark(vmid)).toMatchObject({ checkpoint: frozen.checkpoint, node: 'pve1' })
    expect(frozen.manifest.processes.map(({ name }) => name)).toContain('init')
    expect(frozen.manifest.statistics?.pagesWritten).toBeGreaterThan(0)

    const woken = await bench.restore(vmid)
    expect([woken.restored, await bench.status(vmid), await bench.mark(vmid)]).toEqual([true, 'running', undefined])
    expect(woken.processes.find(({ pid }) => pid === 1)).toMatchObject({ parent: 0, name: 'init' })
    const after = await witness.ask()
    expect(after?.token).toBe(token)
    expect(after?.count).toBeGreaterThanOrEqual(before?.count ?? Number.NaN)
    expect(await witness.counts(after?.count ?? 0)).toBeDefined()
    expect(await bench.node.client.containers.interfaces({ vmid, node: 'pve1' })).toEqual(addresses)
    await witness.stop()
  })

  it('leaves description and tags as they were', async () => {
    const ct = { vmid: 501, node: 'pve1' }
    await bench.node.client.containers.update(ct, { set: { description: 'mine\n<!-- other -->', tags: 'a;b' } })
    await bench.checkpoint(501)
    const asleep = await bench.node.client.containers.config(ct)
    expect(asleep.tags).toContain(SLEEP_TAG)
    expect(asleep.description).toContain('mine')
    await bench.restore(501)
    const awake = await bench.node.client.containers.config(ct)
    expect([awake.description?.trimEnd(), awake.tags]).toEqual(['mine\n<!-- other -->', ['a', 'b']])
  })

  it('goes through 20 cycles without leaving a zombie, a monitor or images behind', async () => {
    const before = traces()
    for (let cycle = 0; cycle < 19; cycle++) {
      await bench.checkpoint(501, { name: `cycle-${cycle}`, keep: 2 })
      await bench.restore(501)
    }
    const { witness, token } = await bench.witness(501)
    await bench.checkpoint(501, { name: 'cycle-19', keep: 2 })
    await bench.restore(501)
    expect((await witness.ask())?.token).toBe(token)
    await witness.stop()
    // What an earlier test's container left to its parent may still be gathered meanwhile: fewer is no leak.
    await expect.poll(() => more(before, traces())).toEqual([])
    expect(await names(501)).toEqual(['cycle-18', 'cycle-19'])
  }, 120_000)

  it('lets a container run on with --leave-running, and does not take it for asleep', async () => {
    const { witness } = await bench.witness(501)
    const before = await witness.ask()
    const { status, manifest } = await bench.checkpoint(501, { leaveRunning: true, compress: true })
    expect([status, await bench.status(501), await bench.mark(501)]).toEqual(['running', 'running', undefined])
    expect(manifest.compression).toBe('zstd')
    expect(await witness.counts(before?.count ?? 0)).toBeDefined()
    await witness.stop()
  })

  it('wakes two containers that sleep at the same time in the other order', async () => {
    const [first, second] = [await bench.witness(501), await bench.witness(502)]
    await bench.checkpoint(501, { compress: true })
    await bench.checkpoint(502, { compress: true })
    await bench.restore(502)
    await bench.restore(501)
    expect((await first.witness.ask())?.token).toBe(first.token)
    expect((await second.witness.ask())?.token).toBe(second.token)
    await first.witness.stop()
    await second.witness.stop()
  })

  it('proves it with its own test, and cleans up', async () => {
    const stored = await names(502)
    const outcome = await testInstance(bench.context, '502', { cycles: 2 })
    expect(outcome?.cycles.map(({ counted: [before, after] }) => after >= before)).toEqual([true, true])
    expect(await names(502)).toEqual(stored)
    expect(await bench.status(502)).toBe('running')
  })

  it('applies the limits again that LXC forgets, and shows them', async () => {
    await bench.restartWith(501, 'lxc.cgroup2.hugetlb.2MB.max = 4M')
    await bench.checkpoint(501)
    const { limits } = await bench.restore(501)
    expect(limits).toEqual([{ name: 'hugetlb.2MB.max', wanted: '4194304', actual: '4194304' }])
    const path = (await command('lxc-info', '-n', '501', '-p', '-H')).trim()
    const group = /^0::(.*)$/m.exec(readFileSync(`/proc/${path}/cgroup`, 'utf8'))?.[1]
    expect(readFileSync(`/sys/fs/cgroup${group}/hugetlb.2MB.max`, 'utf8')).toBe('4194304\n')
  })
})

/** What must not grow: processes by state and name, without those that come and go. */
function traces(): Readonly<Record<string, number>> {
  const count: Record<string, number> = {}
  for (const id of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const status = statusOf(id)
    const [, name = ''] = /^Name:\t(.*)$/m.exec(status) ?? []
    const kind = /^State:\tZ/m.test(status) ? `zombie ${name}` : name
    if (/^zombie|monitor|criu|lxc/.test(kind)) count[kind] = (count[kind] ?? 0) + 1
  }
  return count
}

/** What there is more of than there was. */
const more = (before: Readonly<Record<string, number>>, after: Readonly<Record<string, number>>): readonly string[] =>
  Object.entries(after).flatMap(([kind, count]) => (count > (before[kind] ?? 0) ? [`${count} × ${kind}`] : []))

function statusOf(id: string): string {
  try {
    return readFileSync(`/proc/${id}/status`, 'utf8')
  } catch {
    return ''
  }
}
