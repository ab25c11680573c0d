import { expect, test } from 'vitest'
import type { ApiMethod, HttpMethod } from '../../../../src/lib/simulator/api/method.js'
import { createRegistry } from '../../../../src/lib/simulator/api/registry.js'

const method = (path: string, verb: HttpMethod = 'GET'): ApiMethod => ({
  method: verb,
  path,
  permissions: { user: 'all' },
  parameters: {},
  handler: () => path,
})

const registry = createRegistry([
  method('/'),
  method('/nodes'),
  method('/nodes/{node}/lxc/{vmid}/config'),
  method('/nodes/{node}/lxc/{vmid}/config', 'PUT'),
  method('/nodes/{node}/storage/{storage}/content/{volume*}'),
  method('/nodes/{node}/storage/{storage}/status'),
])

test.each([
  ['/nodes/pve1/lxc/101/config', '/nodes/{node}/lxc/{vmid}/config', { node: 'pve1', vmid: '101' }],
  ['//nodes//', '/nodes', {}],
  ['/', '/', {}],
  [
    '/nodes/a/storage/local/content/local:vztmpl/x.tar.zst',
    '/nodes/{node}/storage/{storage}/content/{volume*}',
    { node: 'a', storage: 'local', volume: 'local:vztmpl/x.tar.zst' },
  ],
  ['/nodes/a/storage/b/status', '/nodes/{node}/storage/{storage}/status', { node: 'a', storage: 'b' }],
])('%s is found with its parameters', (path, pattern, pathParameters) => {
  const found = registry.find('GET', path)
  expect(found?.apiMethod.path).toBe(pattern)
  expect(found?.pathParameters).toEqual(pathParameters)
})

test('the same path has a method per verb', () => {
  expect(registry.find('PUT', '/nodes/a/lxc/1/config')?.apiMethod.method).toBe('PUT')
})

test.each([
  ['POST', '/nodes'],
  ['GET', '/nope'],
  ['GET', '/nodes/a/lxc'],
  ['GET', '/nodes/a/lxc/1/config/more'],
] as const)('%s %s is not there', (verb, path) => {
  expect(registry.find(verb, path)).toBeUndefined()
})

test('two methods in one place are a mistake', () => {
  expect(() => createRegistry([method('/a'), method('/a')])).toThrow('GET /a is there twice')
  expect(() => createRegistry([method('/{a}'), method('/{b}')])).toThrow('one place has the names b and a')
})
