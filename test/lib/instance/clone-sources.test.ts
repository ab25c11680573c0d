import { expect, test } from 'vitest'
import { cloneSources } from '../../../src/lib/instance/clone-sources.js'
import { type ClusterResource, type ContainerRef, toVmid } from '../../../src/lib/pve/client.js'

const REVISION = '0123456789ab'
const template: ContainerRef = { vmid: toVmid(9000), node: 'pve1', name: 'base', template: true, tags: [] }
const resource = (
  vmid: number,
  changes: Readonly<{ node?: string; type?: string; template?: boolean; tags?: string[]; lock?: string }> = {},
): ClusterResource => ({
  id: `lxc/${vmid}`,
  type: 'lxc',
  vmid: toVmid(vmid),
  node: 'pve1',
  template: true,
  tags: ['cmux-t9000'],
  content: [],
  shared: false,
  ...changes,
})
const vmidsOf = (resources: readonly ClusterResource[], node?: string, random = () => 0) =>
  cloneSources(template, resources, { random, revision: REVISION, ...(node !== undefined && { node }) }).map(
    ({ vmid }) => vmid,
  )

test('a template and its replicas on the same node are sources', () => {
  expect(vmidsOf([resource(9000, { tags: [] }), resource(9001), resource(9002, { node: 'pve2' })])).toEqual([
    9000, 9001,
  ])
})

test('containers that only carry the tag, and replicas of other templates, are none', () => {
  const resources = [
    resource(201, { template: false }),
    resource(9005, { tags: ['cmux-t9001'] }),
    resource(300, { type: 'qemu' }),
  ]
  expect(vmidsOf(resources)).toEqual([9000])
})

test('for another node its own replicas are the sources, else the template itself', () => {
  const resources = [resource(9001), resource(9002, { node: 'pve2' })]
  expect(vmidsOf(resources, 'pve2')).toEqual([9002])
  expect(vmidsOf(resources, 'pve3')).toEqual([9000])
})

test('those that somebody is copying come last', () => {
  expect(vmidsOf([resource(9000, { tags: [], lock: 'disk' }), resource(9001)])).toEqual([9001, 9000])
})

test('simultaneous callers spread over the sources', () => {
  const numbers = [0.9, 0.1]
  expect(vmidsOf([resource(9001)], undefined, () => numbers.shift() ?? 0)).toEqual([9001, 9000])
})

test('a container that is no template has no replicas', () => {
  const ordinary = { ...template, template: false }
  expect(
    cloneSources(ordinary, [resource(9001)], { random: () => 0, revision: REVISION }).map(({ vmid }) => vmid),
  ).toEqual([9000])
})

test('replicas of an earlier build of the template are none; those that do not say of which they are count', () => {
  const replica = (vmid: number, ...more: string[]) => resource(vmid, { tags: ['cmux-t9000', ...more] })
  const resources = [replica(9001, 'cmux-r0123456789ab'), replica(9002, 'cmux-rba9876543210'), replica(9003)]
  expect(vmidsOf(resources).toSorted()).toEqual([9000, 9001, 9003])
})
