import { describe, expect, it } from 'vitest'
import { type Machine, missingRequirement } from '../requirements.js'

const able: Machine = {
  platform: 'linux',
  uid: 0,
  debianMirror: true,
  fileSystems: ['ext4', 'btrfs', 'overlay', 'cgroup2'],
  namespaces: true,
  loopDevices: true,
  tunDevice: true,
}

describe('missingRequirement', () => {
  it('finds nothing missing on a root Debian machine', () => {
    expect(missingRequirement(able)).toBeUndefined()
  })

  it.each<[string, Partial<Machine>]>([
    ['Linux', { platform: 'darwin' }],
    ['root', { uid: 1000 }],
    ['mirror', { debianMirror: false }],
    ['btrfs', { fileSystems: ['overlay', 'cgroup2'] }],
    ['overlay', { fileSystems: ['btrfs', 'cgroup2'] }],
    ['loop', { loopDevices: false }],
    ['/dev/net/tun', { tunDevice: false }],
    ['namespaces', { namespaces: false }],
  ])('names %s when that is what is missing', (word, changes) => {
    expect(missingRequirement({ ...able, ...changes })).toContain(word)
  })
})
