import fc from 'fast-check'
import { expect, test } from 'vitest'
import { apiPath, authorization, formEncode, wireParameters } from '../../../src/lib/pve/encoding.js'
import { decodeForm } from '../../support/scripted-server.js'

const anyText = fc.string({ unit: 'grapheme' })
const trickyText = fc.oneof(
  anyText,
  fc.string({ unit: fc.constantFrom('=', ';', '&', '+', ',', '%', ' ', '\n', '"', 'a', 'ü') }),
)

test('whatever the values hold, Proxmox takes the form apart into what was put in', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]*$/), trickyText), (parameters) => {
      expect(decodeForm(formEncode(parameters))).toEqual({ ...parameters })
    }),
  )
})

test('a network and tags arrive whole', () => {
  const parameters = { net0: 'name=eth0,bridge=vmbr0,ip=dhcp', tags: 'a;b', description: '1+1 = 2 & more' }
  expect(decodeForm(formEncode(parameters))).toEqual(parameters)
})

test('booleans become 1 and 0, absent values are not sent', () => {
  expect(wireParameters({ force: true, purge: false, pool: undefined, vmid: 101 })).toEqual({
    force: 1,
    purge: 0,
    vmid: 101,
  })
})

test('values in a path are escaped', () => {
  expect(apiPath`/nodes/${'pve1'}/tasks/${'UPID:pve1:00:root@pam!a b:'}`).toBe(
    '/nodes/pve1/tasks/UPID%3Apve1%3A00%3Aroot%40pam!a%20b%3A',
  )
})

test('a value that would lead to another method is refused', () => {
  for (const value of ['', '.', '..', 'pve1/../pve2', 'a\0b']) {
    expect(() => apiPath`/nodes/${value}/status`).toThrow(expect.objectContaining({ code: 'invalid' }))
  }
})

test('the token is written as Proxmox reads it, whatever is in the secret', () => {
  expect(authorization({ id: 'cmux@pve!cli', secret: '0123-abcd' })).toBe('PVEAPIToken=cmux@pve!cli=0123-abcd')
  fc.assert(
    fc.property(anyText, (secret) => {
      const header = authorization({ id: 'müller@pve!cli', secret })
      expect(header).toMatch(/^[!-~]*$/)
      const [value = ''] = header.replace('PVEAPIToken=', '').split(';')
      expect(decodeURIComponent(value)).toBe(`müller@pve!cli=${secret}`)
    }),
  )
})
