import { describe, expect, it } from 'vitest'
import {
  networkInterfaces,
  normaliseNetwork,
  withNewHardwareAddress,
} from '../../../../src/lib/simulator/config/network.js'
import { normaliseTags } from '../../../../src/lib/simulator/config/tags.js'
import { countingRandom } from './sections.js'

describe('a network interface', () => {
  it('gets an address with the prefix of Proxmox and the type veth', () => {
    expect(normaliseNetwork('bridge=vmbr0,ip=dhcp,name=eth0', countingRandom())).toBe(
      'name=eth0,bridge=vmbr0,hwaddr=BC:24:11:01:02:03,ip=dhcp,type=veth',
    )
  })

  it('keeps an address that was given as it is', () => {
    expect(normaliseNetwork('name=eth0,hwaddr=bc:24:11:0a:0b:0c', countingRandom())).toBe(
      'name=eth0,hwaddr=bc:24:11:0a:0b:0c,type=veth',
    )
  })

  it('gets another address when it is cloned, and keeps the rest', () => {
    const line = 'name=eth0,bridge=vmbr0,firewall=1,hwaddr=BC:24:11:2E:C5:7E,ip=10.0.0.5/24,type=veth'
    expect(withNewHardwareAddress(line, countingRandom())).toBe(line.replace('2E:C5:7E', '01:02:03'))
  })

  it('is found by its number', () => {
    const options = { net10: 'name=c', net2: 'name=b,gw=10.0.0.1,mtu=1400', hostname: 'x', net0: 'name=a' }
    expect(networkInterfaces(options)).toEqual([
      { id: 'net0', name: 'a', hwaddr: '' },
      { id: 'net2', name: 'b', hwaddr: '', gw: '10.0.0.1', mtu: 1400 },
      { id: 'net10', name: 'c', hwaddr: '' },
    ])
  })
})

describe('tags', () => {
  it('are lower-cased, made unique, sorted and joined with semicolons', () => {
    expect(normaliseTags('Foo,bar;foo BAR')).toBe('bar;foo')
    expect(normaliseTags(' b\ta\n ')).toBe('a;b')
    expect(normaliseTags('')).toBe('')
  })
})
