import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BUSYBOX, Engine } from '../../../support/engine.js'

// Changes, clones and creates as pve-container treats them (PVE-FACTS 3.2, 3.3, 3.5, 3.6); inferred, not recorded.
const LXC = '/nodes/pve1/lxc'
const CT = `${LXC}/101`

let engine: Engine
beforeEach(async () => {
  engine = await Engine.open()
})
afterEach(() => engine.close())

const put = (fields: Readonly<Record<string, string | number>>) => engine.call('PUT', `${CT}/config`, fields)

describe('a change', () => {
  test('of what only root may set is refused before contradictions are looked at', async () => {
    await engine.container(101)
    const forbidden = { status: 403, reason: expect.stringContaining('hookscript') }
    expect(await put({ delete: 'hookscript', revert: 'hookscript' })).toMatchObject(forbidden)
    expect(await put({ revert: 'hookscript' })).toMatchObject(forbidden)
    expect(await put({ delete: 'snapstate' })).toMatchObject({ errors: { delete: "unknown option 'snapstate'" } })
  })

  test('of the CPU weight is brought into range', async () => {
    await engine.container(101)
    await put({ cpuunits: 0 })
    expect(engine.options(101)?.['cpuunits']).toBe(1)
    await put({ cpuunits: 20_000 })
    expect(engine.options(101)?.['cpuunits']).toBe(10_000)
  })

  test('of the CPU limit shows as text where it is the number of CPUs', async () => {
    await engine.container(101)
    await put({ cpulimit: '0.5' })
    expect(await engine.data('GET', `${CT}/status/current`)).toMatchObject({ cpus: '0.5' })
    await put({ cores: 1 })
    expect(await engine.data('GET', `${CT}/status/current`)).toMatchObject({ cpus: 1 })
  })

  test('to a bridge that is not there fails at once when the container runs or an MTU is given', async () => {
    await engine.container(101)
    const net1 = 'name=eth1,bridge=vmbr9'
    expect((await put({ net1: `${net1},mtu=1400` })).reason).toBe("bridge 'vmbr9' does not exist")
    await engine.task('POST', `${CT}/status/start`)
    expect(await put({ net1, tags: 'x' })).toMatchObject({
      status: 400,
      errors: { net1: "unable to hotplug net1: bridge 'vmbr9' does not exist\n" },
    })
    expect(engine.options(101)).not.toHaveProperty('tags')
    await engine.task('POST', `${CT}/status/stop`)
    await put({ net1 })
    const upid = await engine.begin('POST', `${CT}/status/start`)
    expect(await engine.end(upid)).toBe("startup for container '101' failed")
    expect(engine.log(upid)).toContain("bridge 'vmbr9' does not exist")
  })

  test('that deletes a 0 of a running container does not hide it before the next start', async () => {
    await engine.container(101, { console: 0, cmode: 'shell' })
    await engine.task('POST', `${CT}/status/start`)
    await put({ delete: 'console,cmode' })
    const shown = await engine.data('GET', `${CT}/config`)
    expect(shown).toMatchObject({ console: 0 })
    expect(shown).not.toHaveProperty('cmode')
  })
})

describe('a lock', () => {
  test('of a mount does not keep from stopping, but from shutting down', async () => {
    await engine.container(101)
    await put({ lock: 'mounted' })
    expect(await engine.task('POST', `${CT}/status/start`)).toBe('OK')
    expect(await engine.task('POST', `${CT}/status/shutdown`)).toBe('CT is locked (mounted)')
    expect(await engine.task('POST', `${CT}/status/stop`)).toBe('OK')
  })
})

describe('what a migration would need', () => {
  test('is told of no container that is locked, and of none without quorum', async () => {
    await engine.container(101)
    const ask = async () => (await engine.call('GET', `${CT}/migrate`)).reason
    expect(await ask()).toBe('OK')
    await put({ lock: 'backup' })
    expect(await ask()).toBe('CT is locked (backup)')
    engine.cluster.loseQuorum()
    expect(await ask()).toBe('cluster not ready - no quorum?')
  })
})

describe('a clone', () => {
  test('with an empty description keeps that of its source', async () => {
    await engine.container(101, { description: 'source' })
    await engine.task('POST', `${CT}/clone`, { newid: 102, description: '' })
    expect(engine.cluster.configs.find(102)?.config.description).toBe('source\n')
  })
})

describe('a create', () => {
  const create = (fields: Readonly<Record<string, string | number>>) =>
    engine.call('POST', LXC, { vmid: 101, ostemplate: BUSYBOX, rootfs: 'local:1', ...fields })

  test('takes no unused volumes, and keeps a lock that it was given', async () => {
    await engine.container(101, { unused0: 'local:101/vm-101-disk-7.raw', lock: 'backup' })
    expect(engine.options(101)).not.toHaveProperty('unused0')
    expect(engine.options(101)?.['lock']).toBe('backup')
  })

  test('makes disks before it looks for the OS template, and frees them when there is none', async () => {
    const missing = "unable to create CT 101 - volume 'local:vztmpl/x.tar.gz' does not exist"
    const upid = await engine.begin('POST', LXC, { vmid: 101, ostemplate: 'local:vztmpl/x.tar.gz', rootfs: 'local:1' })
    expect(await engine.end(upid)).toBe(missing)
    expect(engine.log(upid)[0]).toMatch(/^Formatting /)
    expect(engine.cluster.storages.ownedBy(101, 'pve1')).toEqual([])
  })

  test('that restores needs a backup, and may only with force take a number that is in use', async () => {
    const noBackup = `unable to use volume ${BUSYBOX} - content type needs to be 'backup'`
    expect((await create({ restore: 1 })).reason).toBe(noBackup)
    await engine.container(101)
    const taken = "CT 101 already exists on node 'pve1'"
    expect((await create({ restore: 1 })).reason).toBe(taken)
    expect((await create({ force: 1 })).reason).toBe(taken)
    expect((await create({ restore: 1, force: 1 })).reason).toBe(noBackup)
    expect((await create({ unique: 1 })).errors).toEqual({ restore: "missing property required by 'unique'" })
  })
})
