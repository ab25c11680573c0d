import type { ApiRouter } from './api/router.js'
import type { Cluster } from './cluster.js'
import { cloneConfig } from './config/clone.js'
import { withOptions } from './config/container-config.js'
import { withVolume } from './config/volumes.js'

/** The VMID that every command takes for the template when it is not told another. */
export const TEMPLATE_VMID = 9000

export interface TemplateRequest {
  /** Volume id of an OS template. */
  readonly osTemplate: string
  /** Where its disk goes. */
  readonly storage: string
}

/** A finished template, made on the first node as its administrator would make one, so that a newcomer can clone at once. */
export async function addTemplate(
  cluster: Cluster,
  router: ApiRouter,
  { osTemplate, storage }: TemplateRequest,
): Promise<void> {
  const [node = ''] = cluster.nodes.keys()
  const silent = { print: () => {}, warn: () => {} }
  const options = {
    vmid: TEMPLATE_VMID,
    ostemplate: osTemplate,
    rootfs: `${storage}:8`,
    hostname: 'template',
    cores: 2,
    memory: 1024,
    swap: 0,
    unprivileged: 1,
    features: 'nesting=1',
    net0: `name=eth0,bridge=${cluster.bridges[0]},ip=dhcp`,
  }
  await router.invoke(node, 'POST', `/nodes/${node}/lxc`, options, silent)
  await router.invoke(node, 'POST', `/nodes/${node}/lxc/${TEMPLATE_VMID}/template`, {}, silent)
}

/**
 * So many stopped clones of the template, spread over the nodes, with ascending VMIDs from 100 that nobody has yet. They
 * come into being without tasks: ten thousand of them would take an hour.
 */
export async function addContainers(cluster: Cluster, count: number): Promise<void> {
  const { configs, storages, random } = cluster
  const nodes = [...cluster.nodes.keys()]
  const [home = ''] = nodes
  const template = configs.load(TEMPLATE_VMID, home)
  const line = String(template.options['rootfs'])
  const [base = ''] = line.split(',')
  const { shared } = storages.config(base.split(':')[0] ?? '')
  let vmid = 99
  for (let made = 0; made < count; made++) {
    vmid = configs.nextFree(vmid + 1, 999_999_999) ?? vmid
    const node = nodes[shared ? made % nodes.length : 0] ?? home
    const volume = await copyDisk(cluster, base, vmid, home)
    const clone = cloneConfig(template, { hostname: `ct${vmid}` }, random)
    configs.create(vmid, node, withOptions(clone, { rootfs: withVolume('rootfs', line, volume) }))
  }
}

function copyDisk({ storages }: Cluster, base: string, vmid: number, node: string): Promise<string> {
  const context = { node, print: () => {} }
  return storages.hasFeature('clone', base, node)
    ? storages.linkedClone(base, vmid, context)
    : storages.fullClone(base, { vmid }, context)
}
