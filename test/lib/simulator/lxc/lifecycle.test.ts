import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DEBIAN, Engine } from '../../../support/engine.js'

const LXC = '/nodes/pve1/lxc'

describe('the life of a container', () => {
  let engine: Engine
  beforeEach(async () => {
    engine = await Engine.open()
  })
  afterEach(() => engine.close())

  test('a new container is locked while it is made and has the documented defaults afterwards', async () => {
    const upid = await engine.begin('POST', LXC, {
      vmid: 101,
      ostemplate: DEBIAN,
      rootfs: 'local-lvm:8',
      features: 'nesting=1',
    })
    expect(engine.options(101)).toEqual({ lock: 'create' })
    expect(await engine.end(upid)).toBe('OK')
    expect(engine.options(101)).toEqual({
      arch: 'amd64',
      features: 'nesting=1',
      hostname: 'CT101',
      memory: 512,
      ostype: 'debian',
      rootfs: 'local-lvm:vm-101-disk-0,size=8G',
      swap: 512,
      unprivileged: 1,
    })
    expect(engine.guests.volumes).toContain('local-lvm:vm-101-disk-0')
  })

  test('a create whose archive is missing leaves neither volumes nor a configuration', async () => {
    const exit = await engine.task('POST', LXC, {
      vmid: 101,
      ostemplate: 'local:vztmpl/none_1_amd64.tar.zst',
      rootfs: 'local-lvm:8',
    })
    expect(exit).toBe("unable to create CT 101 - volume 'local:vztmpl/none_1_amd64.tar.zst' does not exist")
    expect(engine.options(101)).toBeUndefined()
    expect(engine.guests.volumes.size).toBe(0)
  })

  test('systemd without nesting makes create, clone and start end with a warning', async () => {
    expect(await engine.task('POST', LXC, { vmid: 101, ostemplate: DEBIAN, rootfs: 'local-btrfs:8' })).toBe(
      'WARNINGS: 1',
    )
    expect(await engine.task('POST', `${LXC}/101/clone`, { newid: 102 })).toBe('WARNINGS: 1')
    const start = await engine.begin('POST', `${LXC}/102/status/start`)
    expect(await engine.end(start)).toBe('WARNINGS: 1')
    expect(engine.log(start)).toEqual([
      'WARN: Systemd 252 detected. You may need to enable nesting.',
      'TASK WARNINGS: 1',
    ])
  })

  test('version 8.4 makes privileged containers by default and does not warn about nesting', async () => {
    const old = await Engine.open({ version: '8.4' })
    expect(await old.task('POST', LXC, { vmid: 101, ostemplate: DEBIAN, rootfs: 'local-lvm:8' })).toBe('OK')
    expect(old.options(101)?.['unprivileged']).toBeUndefined()
    expect(await old.task('POST', `${LXC}/101/status/start`)).toBe('OK')
    await old.close()
  })

  test('start, stop and a second of each', async () => {
    await engine.container(101)
    const start = await engine.begin('POST', `${LXC}/101/status/start`)
    expect(await engine.end(start)).toBe('OK')
    expect(engine.log(start)).toEqual(['TASK OK'])
    expect((await engine.call('POST', `${LXC}/101/status/start`)).reason).toBe('CT 101 already running')
    expect(await engine.task('POST', `${LXC}/101/status/stop`)).toBe('OK')
    expect((await engine.call('POST', `${LXC}/101/status/stop`)).reason).toBe('CT 101 not running')
    expect((await engine.call('POST', `${LXC}/101/status/reboot`)).reason).toBe('VM 101 not running')
  })

  test('a create with start=1 ends OK and starts in a task of its own, even if that fails', async () => {
    await engine.container(101, { start: 1, net0: 'name=eth0,bridge=vmbr9,ip=dhcp' })
    await engine.clock.advance(1000)
    const [last] = engine.node.tasks.list({ vmid: 101, limit: 1 }).entries
    expect(last).toMatchObject({ type: 'vzstart', user: 'root@pam', status: "startup for container '101' failed" })
    expect(engine.log(String(last?.['upid']))[0]).toBe("bridge 'vmbr9' does not exist")
    expect(engine.guests.running.size).toBe(0)
  })

  test('a full clone leaves the source as it was and a linked one of a template is possible', async () => {
    await engine.template(100, { hostname: 'golden', tags: 'b;a' })
    expect(engine.options(100)).toMatchObject({ template: 1, rootfs: 'local-btrfs:100/base-100-disk-0.raw,size=1G' })
    const upid = await engine.begin('POST', `${LXC}/100/clone`, { newid: 101, description: 'mine' })
    expect(engine.options(100)?.['lock']).toBe('disk')
    expect(engine.options(101)).toMatchObject({ lock: 'create', hostname: 'golden', tags: 'a;b' })
    expect(engine.options(101)?.['rootfs']).toBeUndefined()
    expect(await engine.end(upid)).toBe('OK')
    expect(engine.log(upid).slice(0, 2)).toEqual([
      'creating a clone of container 100 with ID 101',
      'create linked clone of mount point rootfs (local-btrfs:100/base-100-disk-0.raw)',
    ])
    expect(engine.options(100)?.['lock']).toBeUndefined()
    expect(engine.options(101)).toMatchObject({ rootfs: 'local-btrfs:101/vm-101-disk-0.raw,size=1G' })
    expect(engine.options(101)?.['template']).toBeUndefined()
  })

  test('destroying frees the volumes, and a base that clones depend on stays', async () => {
    await engine.template(100, { rootfs: 'local-zfs:1' })
    expect(await engine.task('POST', `${LXC}/100/clone`, { newid: 101 })).toBe('OK')
    expect(await engine.task('DELETE', `${LXC}/100`)).toBe(
      "base volume 'basevol-100-disk-0' is still in use by linked clones",
    )
    expect(engine.options(100)).toMatchObject({ template: 1 })
    expect(await engine.task('DELETE', `${LXC}/101`)).toBe('OK')
    expect(await engine.task('DELETE', `${LXC}/100`)).toBe('OK')
    expect(engine.guests.volumes.size).toBe(0)
  })

  test('a running container is destroyed only by force', async () => {
    await engine.container(101)
    await engine.task('POST', `${LXC}/101/status/start`)
    expect((await engine.call('DELETE', `${LXC}/101`)).reason).toBe('unable to destroy CT 101 - container is running')
    const upid = await engine.begin('DELETE', `${LXC}/101`, { force: 1, purge: 1 })
    expect(await engine.end(upid)).toBe('OK')
    expect(engine.log(upid)).toContain('forced to stop CT 101 before destroying!')
    expect(engine.log(upid)).toContain('purging CT 101 from related configurations..')
  })
})
