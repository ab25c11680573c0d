import { describe, expect, it } from 'vitest'
import { createConfig, createDisks } from '../../../../src/lib/simulator/config/create.js'
import { countingRandom } from './sections.js'

const GIB = 1024 ** 3
const context = () => ({ vmid: 101, random: countingRandom(), unprivileged: 1 as const, bridgeMtu: () => 1500 })

describe('the configuration of a new container', () => {
  it('has the documented defaults', () => {
    expect(
      createConfig({ vmid: 101, ostemplate: 'local:vztmpl/x.tar.gz', rootfs: 'local:1', start: 1 }, context()),
    ).toEqual({
      options: { hostname: 'CT101', memory: 512, swap: 512, unprivileged: 1 },
      lxc: [],
      pending: { set: {}, delete: {} },
      snapshots: {},
    })
  })

  it('takes what is given, normalised', () => {
    const parameters = {
      hostname: 'made',
      memory: 64,
      swap: 0,
      unprivileged: 0,
      tags: 'Beta alpha,beta',
      description: 'two\nlines',
      net0: 'name=eth0,bridge=vmbr0,ip=manual',
      nameserver: '1.1.1.1;8.8.8.8',
    }
    const config = createConfig(parameters, context())
    expect(config.options).toEqual({
      hostname: 'made',
      memory: 64,
      swap: 0,
      tags: 'alpha;beta',
      net0: 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:01:02:03,ip=manual,type=veth',
      nameserver: '1.1.1.1 8.8.8.8',
    })
    expect(config.description).toBe('two\nlines\n')
  })

  it('is privileged unless told otherwise on older versions', () => {
    expect(createConfig({}, { ...context(), unprivileged: 0 }).options['unprivileged']).toBeUndefined()
    expect(createConfig({ unprivileged: 1 }, { ...context(), unprivileged: 0 }).options['unprivileged']).toBe(1)
  })

  it('is refused with an MTU that the bridge has not', () => {
    const parameters = { net0: 'name=eth0,bridge=vmbr0,mtu=9000' }
    expect(() => createConfig(parameters, context())).toThrow("net0: MTU size '9000' is bigger than bridge MTU '1500'")
  })
})

describe('the disks of a new container', () => {
  it('are 4 GiB on the default storage when nothing is said', () => {
    expect(createDisks({}, 'local')).toEqual({ rootfs: { line: 'local:4', storage: 'local', size: 4 * GIB } })
  })

  it('are new, on the default storage or another, or volumes and paths that are there', () => {
    const parameters = {
      mp1: '/srv,mp=/srv',
      mp0: 'local-lvm:0.5,mp=/data',
      rootfs: '8',
      mp2: 'nas:101/vm-101-disk-3.raw,mp=/nas',
    }
    expect(Object.entries(createDisks(parameters, 'tank'))).toEqual([
      ['rootfs', { line: 'tank:8', storage: 'tank', size: 8 * GIB }],
      ['mp0', { line: 'local-lvm:0.5,mp=/data', storage: 'local-lvm', size: GIB / 2 }],
      ['mp1', { line: '/srv,mp=/srv', volume: '/srv' }],
      ['mp2', { line: 'nas:101/vm-101-disk-3.raw,mp=/nas', volume: 'nas:101/vm-101-disk-3.raw' }],
    ])
  })

  it('need a rootfs when there are mount points', () => {
    expect(() => createDisks({ mp0: 'local:1,mp=/a' }, 'local')).toThrow(
      "mount points configured, but 'rootfs' not set - aborting",
    )
  })
})
