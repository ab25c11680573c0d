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

/**
 * By name the nodes themselves are asked, since the index may have an old name or none yet, and one name more decides whether the name is
 * ambiguous. A node whose list hangs (PVE-FACTS 3.6) is not waited for: what the index knows of it is confirmed instead.
 */
async function findByName(api: Api, name: string, { node }: FindOptions): Promise<ContainerRef> {
  const answers = await askNodes(api, { ...(node !== undefined && { node }) }, LIST_PATIENCE)
  const live = answers.flatMap((answer) => ('containers' in answer ? answer.containers : []))
  const silent = new Set(answers.flatMap((answer) => ('error' in answer ? [answer.node] : [])))
  const found = [
    ...live.filter((container) => container.name === name),
    ...(silent.size > 0 ? await findInIndex(api, name, silent) : []),
  ]
  const [first] = found
  if (first === undefined)
    throw notFound(`there is no container named '${name}'${node === undefined ? '' : ` on node ${node}`}`)
  if (found.length > 1) {
    const vmids = found.map(({ vmid }) => Number(vmid)).toSorted((a, b) => a - b)
    throw new CmuxError('ambiguous', `${found.length} containers are named '${name}': ${vmids.join(', ')}`, {
      hint: 'Name the one you mean by its VMID.',
    })
  }
  return reference(first)
}

/** Of nodes that do not list their containers, those that the index knows by that name, or by none yet. */
async function findInIndex(api: Api, name: string, nodes: ReadonlySet<string>): Promise<readonly ContainerRef[]> {
  const candidates = (await guests(api)).filter(
    (entry) =>
      entry.type === 'lxc' &&
      entry.node !== undefined &&
      nodes.has(entry.node) &&
      (entry.name === name || entry.name === undefined),
  )
  const confirmed = await Promise.all(candidates.map((entry) => confirmCandidate(api, entry, name)))
  return confirmed.filter((found) => found?.name === name).filter((found) => found !== undefined)
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
export async function listContainers(api: Api, options: FindOptions = {}): Promise<readonly ContainerStatus[]> {
  const answers = await askNodes(api, options)
  const failed = answers.flatMap((answer) => ('error' in answer ? [answer] : []))
  const [first] = failed
  if (first !== undefined && failed.length === answers.length) throw first.error
  for (const { node, error } of failed) {
    api.warn(`the containers of node ${node} are not listed: ${error instanceof Error ? error.message : String(error)}`)
  }
  return answers.flatMap((answer) => ('containers' in answer ? answer.containers : []))
}

/** Milliseconds that the list of a node may take while a name is looked up. It takes 7 on a node in good order (PVE-FACTS 9). */
const LIST_PATIENCE = 6000

type NodeAnswer =
  | { readonly node: string; readonly containers: readonly ContainerStatus[] }
  | { readonly node: string; readonly error: unknown }

/** What each node that is online, or the one asked for, says. Errors that say nothing about the node are thrown. */
async function askNodes(api: Api, { node }: FindOptions, patience?: number): Promise<readonly NodeAnswer[]> {
  return Promise.all(
    (node === undefined ? await onlineNodes(api) : [node]).map(async (name) => {
      try {
        return { node: name, containers: await containersOf(api, name, patience) }
      } catch (error) {
        if (isCmuxError(error, 'unavailable', 'timeout', 'failed', 'not-found')) return { node: name, error }
        throw error
      }
    }),
  )
}

async function onlineNodes(api: Api): Promise<readonly string[]> {
  const nodes = await listNodes(api)
  for (const { node, status } of nodes) {
    if (status === 'offline') api.warn(`node ${node} is offline: its containers are not listed`)
  }
  return nodes.filter(({ status }) => status !== 'offline').map(({ node }) => node)
}

/** The live list of one node; with `patience` in milliseconds, `timeout` after that. */
async function containersOf(api: Api, node: string, patience?: number): Promise<readonly ContainerStatus[]> {
  const [limit, done] = [new AbortController(), new AbortController()]
  if (patience !== undefined) {
    const over = () => limit.abort(new CmuxError('timeout', `node ${node} does not list its containers`))
    api.clock.sleep(patience, done.signal).then(over, () => {})
  }
  try {
    return await api.get(apiPath`/nodes/${node}/lxc`, listOf(containerStatus(node)), { signal: limit.signal })
  } finally {
    done.abort()
  }
}
