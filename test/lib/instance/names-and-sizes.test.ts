import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mustGrow, volumeSize } from '../../../src/lib/instance/disk-size.js'
import { checkHostname, derivedHostname } from '../../../src/lib/instance/hostname.js'
import { checkTags } from '../../../src/lib/instance/tags.js'
import { reachableAddresses } from '../../../src/lib/pve/reachable-addresses.js'

test.each(['web', 'a', 'web-1', 'web.example.org', 'x'.repeat(63)])('%s is a hostname', (name) => {
  expect(() => checkHostname(name)).not.toThrow()
})

test.each(['', 'a_b', '-a', 'a-', 'a..b', 'ä', 'x'.repeat(64), `${'a.'.repeat(127)}aa`])('%j is not', (name) => {
  expect(() => checkHostname(name)).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('tags that Proxmox would refuse are refused, also among others in one text', () => {
  expect(() => checkTags(['web', 'a;b c', '_x-1+2.3', ''])).not.toThrow()
  for (const bad of ['ünï', '-a', 'a;ö', 'a/b'])
    expect(() => checkTags(['web', bad])).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('a derived hostname is always one, and ends in the suffix', () => {
  const label = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)
  fc.assert(
    fc.property(label, fc.integer({ min: 100, max: 999_999_999 }), (name, vmid) => {
      const derived = derivedHostname(name, vmid)
      checkHostname(derived)
      expect(derived.endsWith(`-${vmid}`)).toBe(true)
    }),
  )
})

test('the size of a volume is read in GiB', () => {
  expect(volumeSize('local-lvm:vm-1-disk-0,size=8G')).toBe(8)
  expect(volumeSize('a:b,acl=1,size=512M,shared=1')).toBe(0.5)
  expect(volumeSize('a:b,size=1T')).toBe(1024)
  expect(volumeSize('a:b')).toBeUndefined()
})

test('a disk grows, stays, or is refused', () => {
  expect(mustGrow('rootfs', 'a:b,size=8G', 9)).toBe(true)
  expect(mustGrow('rootfs', 'a:b,size=8G', 8)).toBe(false)
  expect(mustGrow('rootfs', 'a:b', 8)).toBe(true)
  expect(() => mustGrow('rootfs', 'a:b,size=8G', 7)).toThrow(expect.objectContaining({ code: 'invalid' }))
})

test('addresses are those that others can reach', () => {
  const address = (type: 'inet' | 'inet6', text: string) => ({ type, address: text, prefix: 24 })
  const eth0 = [
    address('inet6', 'fe80::1'),
    address('inet', '169.254.1.1'),
    address('inet', '10.0.0.5'),
    address('inet6', '2001:db8::5'),
  ]
  expect(
    reachableAddresses([
      { name: 'lo', hwaddr: '', addresses: [address('inet', '127.0.0.1')] },
      { name: 'eth0', hwaddr: '', addresses: eth0 },
    ]),
  ).toEqual([
    { interface: 'eth0', address: '10.0.0.5' },
    { interface: 'eth0', address: '2001:db8::5' },
  ])
})
