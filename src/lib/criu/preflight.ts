import type { ContainerRef } from '../pve/client.js'
import { containerBlockers } from './container-blockers.js'
import { type ContainerFacts, containerFacts, memoryOf } from './container-facts.js'
import type { CriuContext } from './criu-context.js'
import { inspectNode } from './inspection.js'
import type { Sections } from './inspection-script.js'
import { nodeBlockers } from './node-blockers.js'
import { type NodeFacts, nodeFacts } from './node-facts.js'
import { type Blocker, FINAL, type PreflightReport } from './preflight-report.js'

/**
 * Whether a container can be checkpointed right now, and everything that stands in the way: two reads of the API and one round trip to the
 * node. Changes nothing, freezes nothing. Errors: those of the API and of getting to the node.
 */
export async function preflight(context: CriuContext, ct: ContainerRef): Promise<PreflightReport> {
  const [state, inspection] = await Promise.all([
    readState(context, ct),
    inspectNode(context, ct.node, [ct.vmid], 'quick'),
  ])
  const facts = containerFacts(ct, state, inspection.containers.get(ct.vmid))
  return preflightReport(facts, nodeFacts(inspection.node))
}

/** The facts of a container when its node has been looked at already. */
export async function factsOf(
  context: CriuContext,
  ct: ContainerRef,
  sections: Sections | undefined,
): Promise<ContainerFacts> {
  return containerFacts(ct, await readState(context, ct), sections)
}

/** The verdict on what was found. Pure. */
export function preflightReport(facts: ContainerFacts, node: NodeFacts): PreflightReport {
  const { vmid, name, node: nodeName } = facts.ct
  const memory = memoryOf(facts.live)
  const blockers = worstFirst([...nodeBlockers(node, memory), ...containerBlockers(facts, node)])
  const { criu, lxc, kernel, free } = node
  return {
    vmid,
    name,
    node: nodeName,
    possible: blockers.every(({ severity }) => severity !== 'blocks'),
    blockers,
    versions: { ...(criu !== undefined && { criu }), ...(lxc !== undefined && { lxc }), kernel },
    memory,
    free,
  }
}

/** What cannot be mended comes before what can: whoever mended the rest would have done it for nothing. */
const worstFirst = (blockers: readonly Blocker[]): readonly Blocker[] =>
  blockers.toSorted((a, b) => urgency(a) - urgency(b))

function urgency({ id, severity, remedy }: Blocker): number {
  if (severity === 'warns') return 3
  if (FINAL.includes(id)) return 0
  return remedy === undefined ? 1 : 2
}

async function readState({ client }: CriuContext, ct: ContainerRef) {
  const [status, config] = await Promise.all([client.containers.status(ct), client.containers.config(ct)])
  return { running: status.status === 'running', config }
}
