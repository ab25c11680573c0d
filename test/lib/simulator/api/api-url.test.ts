import { expect, test } from 'vitest'
import { splitApiUrl } from '../../../../src/lib/simulator/api/api-url.js'

test.each([
  ['/api2/json/nodes?x=%41', { format: 'json', path: '/nodes', query: 'x=%41' }],
  ['/api2/json', { format: 'json', path: '/', query: '' }],
  ['/api2//json//version', { format: 'json', path: '//version', query: '' }],
  ['/api2/extjs/nodes/pve/tasks/UPID%3Apve%3A1', { format: 'extjs', path: '/nodes/pve/tasks/UPID:pve:1', query: '' }],
  ['/api2/json/a%2Fb', { format: 'json', path: '/a/b', query: '' }],
  ['/api2/json/%E2%9C%93', { format: 'json', path: '/✓', query: '' }],
])('%s is split and decoded once', (url, expected) => {
  expect(splitApiUrl(url)).toEqual(expected)
})

test.each([
  ['/api2', 501, 'no such uri'],
  ['/api2/', 501, 'no such uri'],
  ['/api2/JSON/version', 501, 'no such uri'],
  ['/elsewhere?x', 500, "no such file '/elsewhere'"],
  ['/', 500, "no such file '/'"],
])('%s is refused', (url, status, message) => {
  expect(() => splitApiUrl(url)).toThrow(expect.objectContaining({ name: 'Refusal', status, message }))
})
