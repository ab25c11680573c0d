import { describe, expect, it } from 'vitest'
import { cloneConfig } from '../../../../src/lib/simulator/config/clone.js'
import { type ContainerConfig, withDescription } from '../../../../src/lib/simulator/config/container-config.js'
import { countingRandom, someContainer } from './sections.js'

const NETWORK = 'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:2E:C5:7E,ip=10.0.0.5/24,type=veth'
const source: ContainerConfig = {
  ...withDescription(
    someContainer({
      hostname: 'golden',
      tags: 'a;b',
      features: 'nesting=1',
      onboot: 1,
      protection: 1,
      net0: NETWORK,
      net1: NETWORK,
      template: 1,
      lock: 'disk',
      parent: 'one',
      unused0: 'local:x',
    }),
    'gold',
  ),
  lxc: [['lxc.x', 'y']],
  pending: { set: { cmode: 'tty' }, delete: {} },
  snapshots: {
    one: {
      options: { hostname: 'then', tags: 'then', memory: 32, snaptime: 5, parent: 'zero' },
      lxc: [],
      description: 'of the snapshot\n',
    },
  },
}

describe('a clone', () => {
  it('keeps everything but its template mark, its lock, its past and its pending changes', () => {
    const clone = cloneConfig(source, {}, countingRandom())
    expect(clone).toEqual({
      ...withDescription(
        someContainer({
          hostname: 'golden',
          tags: 'a;b',
          features: 'nesting=1',
          onboot: 1,
          protection: 1,
          net0: NETWORK.replace('2E:C5:7E', '01:02:03'),
          net1: NETWORK.replace('2E:C5:7E', '04:05:06'),
        }),
        'gold',
      ),
      lxc: [['lxc.x', 'y']],
    })
  })

  it('takes a host name and a description of its own', () => {
    const clone = cloneConfig(source, { hostname: 'second', description: 'mine' }, countingRandom())
    expect(clone.options['hostname']).toBe('second')
    expect(clone.description).toBe('mine\n')
    expect(cloneConfig(source, { description: '' }, countingRandom()).description).toBeUndefined()
  })

  it('of a snapshot has the state and the description of the snapshot', () => {
    const clone = cloneConfig(source, { snapname: 'one' }, countingRandom())
    expect(clone.options).toEqual({ hostname: 'then', tags: 'then', memory: 32 })
    expect(clone.description).toBe('of the snapshot\n')
    expect(() => cloneConfig(source, { snapname: 'nope' }, countingRandom())).toThrow("snapshot 'nope' does not exist")
  })
})
