import { type CmuxError, isCmuxError } from '../errors.js'
import type { ContainerRef } from '../pve/client.js'
import type { CriuContext } from './criu-context.js'
import { inspectNode } from './inspection.js'
import { nodeFacts } from './node-facts.js'
import { type NodeReport, nodeReport } from './node-report.js'
import { factsOf, preflightReport } from './preflight.js'
import type { PreflightReport } from './preflight-report.js'

export interface StatusRequest {
  /** VMIDs and hostnames. */
  readonly references: readonly string[]
  /** Every container that is no template. */
  readonly all?: boolean
}

export interface CriuStatus {
  readonly nodes: readonly NodeReport[]
  readonly containers: readonly PreflightReport[]
}

/**
 * What the nodes can do with checkpoints, and what stands in the way of each container named: without any, all nodes that are online. Changes
 * nothing. A node that cannot be reached is a warning as long as another one can. Errors: `not-found`, `ambiguous`; those of getting to a
 * node when there is no other.
 */
export async function criuStatus(context: CriuContext, request: StatusRequest): Promise<CriuStatus> {
  const containers = await chosenContainers(context, request)
  const nodes =
    containers.length > 0 || request.references.length > 0
      ? [...new Set(containers.map(({ node }) => node))].toSorted()
      : await onlineNodes(context)
  const looks = await Promise.all(
    nodes.map((node) =>
      lookAt(
        context,
        node,
        containers.filter((ct) => ct.node === node),
      ).catch((error: unknown) => {
        if (!isCmuxError(error) || error.code === 'interrupted') throw error
        return error
      }),
    ),
  )
  const seen = looks.filter((look): look is Look => !isCmuxError(look))
  const failures = looks.filter((look): look is CmuxError => isCmuxError(look))
  const [failure] = failures
  if (failure !== undefined && seen.length === 0) throw failure
  for (const { message } of failures) context.onWarning?.(message)
  const order = new Map(containers.map(({ vmid }, index) => [Number(vmid), index]))
  return {
    nodes: seen.map(({ report }) => report),
    containers: seen
      .flatMap((look) => look.containers)
      .toSorted((a, b) => (order.get(a.vmid) ?? 0) - (order.get(b.vmid) ?? 0)),
  }
}

interface Look {
  readonly report: NodeReport
  readonly containers: readonly PreflightReport[]
}

async function lookAt(context: CriuContext, node: string, containers: readonly ContainerRef[]): Promise<Look> {
  context.onProgress?.(`Looking at node ${node}`)
  const inspection = await inspectNode(
    context,
    node,
    containers.map(({ vmid }) => vmid),
    'full',
  )
  const facts = nodeFacts(inspection.node)
  const reports = await Promise.all(
    containers.map(async (ct) =>
      preflightReport(await factsOf(context, ct, inspection.containers.get(ct.vmid)), facts),
    ),
  )
  return { report: nodeReport(node, facts), containers: reports }
}

async function chosenContainers({ client }: CriuContext, request: StatusRequest): Promise<readonly ContainerRef[]> {
  if (request.all === true) {
    const containers = await client.containers.list()
    return containers.filter(({ template }) => !template).toSorted((a, b) => a.vmid - b.vmid)
  }
  const found = await Promise.all(
    [...new Set(request.references)].map((reference) => client.containers.find(reference)),
  )
  return [...new Map(found.map((ct) => [ct.vmid, ct])).values()]
}

async function onlineNodes({ client }: CriuContext): Promise<readonly string[]> {
  const nodes = await client.nodes.list()
  return nodes
    .filter(({ status }) => status === 'online')
    .map(({ node }) => node)
    .toSorted()
}
