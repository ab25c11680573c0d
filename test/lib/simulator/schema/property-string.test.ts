import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MOUNT_POINT, NETWORK, ROOTFS } from '../../../../src/lib/simulator/config/options.js'
import { parsePropertyString, printPropertyString } from '../../../../src/lib/simulator/schema/property-string.js'

describe('property strings', () => {
  it('read integers and booleans as numbers and everything else as text', () => {
    expect(parsePropertyString(NETWORK, 'name=eth0,firewall=on,mtu=1500,rate=0.5')).toEqual({
      name: 'eth0',
      firewall: 1,
      mtu: 1500,
      rate: '0.5',
    })
  })

  it('skip what is empty between two commas', () => {
    expect(parsePropertyString(NETWORK, 'name=eth0,, ,')).toEqual({ name: 'eth0' })
  })

  it('keep an equals sign in a value', () => {
    expect(parsePropertyString(ROOTFS, 'volume=local:a=b')).toEqual({ volume: 'local:a=b' })
  })

  it('put the required key first and the rest in alphabetical order', () => {
    const line = 'type=veth,ip=dhcp,bridge=vmbr0,name=eth0,firewall=1'
    expect(printPropertyString(NETWORK, parsePropertyString(NETWORK, line))).toBe(
      'name=eth0,bridge=vmbr0,firewall=1,ip=dhcp,type=veth',
    )
  })

  it('put the volume first without its key, then the path', () => {
    const line = 'size=8G,backup=1,acl=1,mp=/data,volume=local-lvm:vm-101-disk-1'
    expect(printPropertyString(MOUNT_POINT, parsePropertyString(MOUNT_POINT, line))).toBe(
      'local-lvm:vm-101-disk-1,mp=/data,acl=1,backup=1,size=8G',
    )
  })

  it('read back what was printed', () => {
    const network = fc.record(
      {
        name: fc.stringMatching(/^[a-z]{1,8}\d$/),
        bridge: fc.stringMatching(/^vmbr\d{1,3}$/),
        mtu: fc.integer({ min: 64, max: 65535 }),
        firewall: fc.constantFrom(0, 1),
        trunks: fc.stringMatching(/^\d{1,3}(;\d{1,3}){0,3}$/),
        ip: fc.constantFrom('dhcp', 'manual', '10.0.0.5/24'),
      },
      { requiredKeys: ['name'], noNullPrototype: true },
    )
    fc.assert(
      fc.property(network, (values) => {
        expect(parsePropertyString(NETWORK, printPropertyString(NETWORK, values))).toEqual(values)
      }),
    )
  })
})
