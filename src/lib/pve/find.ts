import { CmuxError, isCmuxError } from '../errors.js'
import type { Api } from './api.js'
import { Cluster, type ClusterResource } from './cluster.js'
import type { ContainerRef, ContainerStatus } from './container-data.js'
import { containerConfig, containerStatus } from './container-readers.js'
import { apiPath } from './encoding.js'
import { listNodes } from './nodes.js'
import { listOf } from './reader.js'
import { toVmid, type Vmid } from './vmid.js'

export interface FindOptions {
  /** Only on this node. */
  readonly node?: string
}

/**
 * The container with that VMID or hostname, on whatever node it is. The cluster's index says where to look; as its names lag
 * by up to 10 s (PVE-FACTS 5), what it finds is confirmed by the configuration, which is live.
 * Throws `not-found`, or `ambiguous` with the VMIDs when several have the name.
 */
export function findContainer(api: Api, reference: string | number, options: FindOptions = {}): Promise<ContainerRef> {
  const isNumber = typeof reference === 'number' || /^\d+$/.test(reference)
  return isNumber ? findByVmid(api, toVmid(reference), options) : findByName(api, reference, options)
}

async function findByVmid(api: Api, vmid: Vmid, { node }: FindOptions): Promise<ContainerRef> {
  // Twice: between the index and the confirmation it may have been migrated.
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const entry = (await guests(api)).find((resource) => resource.vmid === vmid)
    if (entry?.node === undefined) break
    if (entry.type !== 'lxc') throw notFound(`VM ${vmid} is a virtual machine, not a container`)
    if (node !== undefined && entry.node !== node)
      throw notFound(`container ${vmid} is on node ${entry.node}, not on ${node}`)
    const found = await confirm(api, vmid, entry.node)
    if (found !== undefined) return found
  }
  throw notFound(`there is no container ${vmid}${node === undefined ? '' : ` on node ${node}`}`)
}

async function findByName(api: Api, name: string, { node }: FindOptions): Promise<ContainerRef> {
  const entries = (await guests(api)).filter(
    (entry) => entry.type === 'lxc' && (node === undefined || entry.node === node),
  )
  // A container that its node has not reported yet has no name in the index.
  const candidates = entries.filter((entry) => entry.name === name || entry.name === undefined)
  const confirmed = await Promise.all(candidates.map((entry) => confirmCandidate(api, entry, name)))
  const matches = confirmed.filter((found) => found?.name === name)
  // Renamed a moment ago: only the nodes themselves know.
  const found =
    matches.length > 0
      ? matches
      : (await listContainers(api, { ...(node !== undefined && { node }) })).filter((ct) => ct.name === name)
  const [first] = found
  if (first === undefined)
    throw notFound(`there is no container named '${name}'${node === undefined ? '' : ` on node ${node}`}`)
  if (found.length > 1) {
    const vmids = found.map((entry) => Number(entry?.vmid)).toSorted((a, b) => a - b)
    throw new CmuxError('ambiguous', `${found.length} containers are named '${name}': ${vmids.join(', ')}`, {
      hint: 'Name the one you mean by its VMID.',
    })
  }
  return reference(first)
}

const guests = (api: Api): Promise<readonly ClusterResource[]> => new Cluster(api).resources('vm')

/** What the container's own configuration says; undefined when it is not (or no longer) on that node. */
async function confirm(api: Api, vmid: Vmid, node: string): Promise<ContainerRef | undefined> {
  try {
    const config = await api.get(apiPath`/nodes/${node}/lxc/${vmid}/config`, containerConfig, {
      query: { current: true },
    })
    const { template, tags, lock } = config
    return { vmid, node, name: config.hostname ?? `CT${vmid}`, template, tags, ...(lock !== undefined && { lock }) }
  } catch (error) {
    if (isCmuxError(error, 'not-found')) return undefined
    throw error
  }
}

async function confirmCandidate(api: Api, entry: ClusterResource, name: string): Promise<ContainerRef | undefined> {
  const { vmid, node } = entry
  if (vmid === undefined || node === undefined) return undefined
  try {
    return await confirm(api, vmid, node)
  } catch (error) {
    if (entry.name === name || !isCmuxError(error, 'unavailable', 'timeout')) throw error
    api.warn(`node ${node} does not answer: whether its container ${vmid} is named '${name}' is not known`)
    return undefined
  }
}

function reference({ vmid, node, name, template, tags, lock }: ContainerRef): ContainerRef {
  return { vmid, node, name, template, tags, ...(lock !== undefined && { lock }) }
}

const notFound = (message: string): CmuxError =>
  new CmuxError('not-found', message, {
    hint: '`cmux-pve instance list` and `cmux-pve template list` show what the token may see (VM.Audit).',
  })

/**
 * The live list of containers, of one node or of every node that is online. A node that cannot answer (one container stuck
 * in its start is enough: PVE-FACTS 3.6) is told as a warning; only when none answers, the first error is thrown.
 */
export async function listContainers(api: Api, { node }: FindOptions = {}): Promise<readonly ContainerStatus[]> {
  if (node !== undefined) return containersOf(api, node)
  const nodes = await listNodes(api)
  for (const { node: name, status } of nodes) {
    if (status === 'offline') api.warn(`node ${name} is offline: its containers are not listed`)
  }
  const online = nodes.filter((entry) => entry.status !== 'offline')
  const answers = await Promise.allSettled(online.map((entry) => containersOf(api, entry.node)))
  const failures = answers.filter((answer) => answer.status === 'rejected').map((answer) => answer.reason)
  const unexpected = failures.find((reason) => !isCmuxError(reason, 'unavailable', 'timeout', 'failed', 'not-found'))
  if (unexpected !== undefined) throw unexpected
  if (failures.length > 0 && failures.length === answers.length) throw failures[0]
  answers.forEach((answer, index) => {
    if (answer.status === 'rejected')
      api.warn(`the containers of node ${online[index]?.node} are not listed: ${answer.reason.message}`)
  })
  return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
}

const containersOf = (api: Api, node: string): Promise<readonly ContainerStatus[]> =>
  api.get(apiPath`/nodes/${node}/lxc`, listOf(containerStatus(node)))
