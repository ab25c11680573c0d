import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatSize, parseSize } from '../../../../src/lib/simulator/config/size.js'
import { mountPoints, newDisk, withUnusedVolume, withVolume } from '../../../../src/lib/simulator/config/volumes.js'

const GIB = 1024 ** 3

describe('sizes', () => {
  it.each([
    [8 * GIB, '8G'],
    [8.5 * GIB, '8704M'],
    [2048 * GIB, '2T'],
    [1536, '1536'],
    [3072, '3K'],
  ])('%d bytes print as %s, the largest unit that is exact', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text)
  })

  it('read back what was printed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 52 }), (bytes) => {
        expect(parseSize(formatSize(bytes))).toBe(bytes)
      }),
    )
  })

  it('may have a fraction', () => {
    expect(parseSize('0.5G')).toBe(GIB / 2)
    expect(parseSize('1.5')).toBe(1)
    expect(parseSize('+1G')).toBeUndefined()
  })
})

describe('mount points', () => {
  it('come rootfs first, then by number, and say what they are', () => {
    const options = {
      mp10: '/srv/data,mp=/data,ro=1',
      mp2: '/dev/sdb,mp=/disk',
      rootfs: 'local:101/vm-101-disk-0.raw,size=1G',
      unused0: 'local:101/vm-101-disk-5.raw',
    }
    expect(mountPoints(options)).toEqual([
      {
        name: 'rootfs',
        type: 'volume',
        volume: 'local:101/vm-101-disk-0.raw',
        mp: '/',
        readOnly: false,
        size: GIB,
      },
      { name: 'mp2', type: 'device', volume: '/dev/sdb', mp: '/disk', readOnly: false },
      { name: 'mp10', type: 'bind', volume: '/srv/data', mp: '/data', readOnly: true },
    ])
  })

  it('ask for a new disk with a storage and a number of GiB', () => {
    expect(newDisk('local-lvm:8')).toEqual({ storage: 'local-lvm', size: 8 * GIB })
    expect(newDisk('local-lvm:0.5')).toEqual({ storage: 'local-lvm', size: GIB / 2 })
    expect(newDisk('local-lvm:vm-101-disk-0')).toBeUndefined()
  })

  it('keep everything else when they get their volume', () => {
    expect(withVolume('mp0', 'local-lvm:8,size=1G,mp=/data,backup=1', 'local-lvm:vm-101-disk-1', 8 * GIB)).toBe(
      'local-lvm:vm-101-disk-1,mp=/data,backup=1,size=8G',
    )
  })

  it('leave a volume behind under the lowest free number, once', () => {
    const once = withUnusedVolume({ unused0: 'a:x' }, 'a:y')
    expect(once).toEqual({ unused0: 'a:x', unused1: 'a:y' })
    expect(withUnusedVolume(once, 'a:y')).toEqual(once)
  })
})
