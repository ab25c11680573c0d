import { expect, test } from 'vitest'
import { sshSettingsFor } from '../../../src/lib/executor/node-executor.js'

const settings = { host: 'pve.example', port: 22, user: 'root', fingerprint: 'SHA256:x' }
const nodes = [
  { name: 'pve1', online: true, local: true, ip: '10.0.0.1' },
  { name: 'pve2', online: true, local: false, ip: '10.0.0.2' },
]

test('on a single node, or when the cluster cannot be seen, the settings are used as they are', () => {
  expect(sshSettingsFor('pve1', settings, 'api.example', nodes.slice(0, 1))).toBe(settings)
  expect(sshSettingsFor('pve1', settings, 'api.example', [])).toBe(settings)
})

test('the node that the settings name, by address or name, is reached as they say', () => {
  for (const host of ['10.0.0.2', 'pve2', 'pve2.example.org']) {
    const named = { ...settings, host }
    expect(sshSettingsFor('pve2', named, 'api.example', nodes)).toBe(named)
  }
})

test('a host taken from the URL of the API is the node that answered', () => {
  expect(sshSettingsFor('pve1', settings, 'pve.example', nodes)).toBe(settings)
})

test('another node is reached at its own address, where the pinned host key does not count', () => {
  expect(sshSettingsFor('pve2', settings, 'pve.example', nodes)).toEqual({ host: '10.0.0.2', port: 22, user: 'root' })
})
