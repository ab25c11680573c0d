import { expect, test } from 'vitest'
import { toVmid } from '../../../src/lib/pve/vmid.js'
import { releaseText, removalText } from '../../../src/lib/ui/pool-text.js'

const container = { vmid: toVmid(201), node: 'pve1' }

test('of what was given back is said whether it was so just now, before, or never claimed', () => {
  expect(releaseText({ ...container, instanceId: 'web', already: false })).toBe('Gave back container 201 on node pve1')
  expect(releaseText({ ...container, instanceId: 'web', already: true })).toBe('Container 201 was given back before')
  expect(releaseText({ ...container, already: true })).toBe(
    'Container 201 is not claimed: there is nothing to give back',
  )
})

test('what is removed a second time was not given back', () => {
  expect(removalText({ ...container, already: false })).toBe('Removed container 201 on node pve1')
  expect(removalText({ ...container, already: true })).toBe('Container 201 is being removed already')
})
