import type { Case } from './case.js'
import type { Clients } from './clients.js'
import type { Daemon } from './daemon.js'
import { POOL, type World } from './world.js'

/** Once faults have ended and two ticks have passed, everything is where it belongs. Says what is not. */
export function* problemsAtRest(
  world: World,
  given: Case,
  clients: Clients,
  daemons: readonly Daemon[],
): Iterable<string> {
  const byInstance = new Map<string, number[]>()
  const counts: Record<string, number> = {}
  for (const vmid of world.ours()) {
    const record = world.record(vmid)
    const config = world.entry(vmid)?.config
    if (record === undefined || record.pool !== POOL) {
      yield `nobody accounts for ${vmid}, which a daemon has cloned`
      continue
    }
    if (config?.options['lock'] !== undefined) yield `${vmid} is locked`
    counts[record.state] = (counts[record.state] ?? 0) + 1
    if (record.state === 'filling' || record.state === 'releasing') {
      yield `${vmid} is still ${record.state}`
    }
    const { claim } = record
    if (claim !== undefined) byInstance.set(claim.instanceId, [...(byInstance.get(claim.instanceId) ?? []), vmid])
  }
  for (const [instance, vmids] of byInstance) {
    if (vmids.length > 1) yield `${instance} has ${vmids.join(' and ')}`
    const [vmid = 0] = vmids
    const isHeld = world.ledger.holder(vmid)?.instance === instance
    const { owner = '', claim } = world.record(vmid) ?? {}
    const claimId = claim?.id ?? ''
    const isForgotten = Number.isFinite(world.powerFailedAt) && world.ledger.mayBeForgotten(vmid, claimId)
    // A second daemon took up the claim of the first, and neither has answered: neither can tell that the other has not.
    const wasTakenUp = !claimId.startsWith(`${owner}.`) && (clients.fates.get(instance)?.unansweredAt?.size ?? 0) > 1
    const known =
      isForgotten ||
      wasTakenUp ||
      world.ledger.isUnclear(instance) ||
      clients.fates.get(instance)?.unknown === true ||
      !instance.startsWith('i')
    if (!isHeld && !known) yield `${instance} has ${vmid}, and nobody was told`
  }
  for (const { instance, vmid } of world.ledger.held()) {
    if (byInstance.get(instance)?.[0] !== vmid) yield `${instance} has lost ${vmid}`
  }
  yield* wrongCounts(given, counts)
  yield* wrongBeliefs(daemons, counts)
}

/** More than the target may be ready, when somebody waited for them and left; never are there more than the maximum. */
function* wrongCounts({ policy }: Case, counts: Readonly<Record<string, number>>): Iterable<string> {
  const { ready = 0, claimed = 0, quarantined = 0 } = counts
  const wanted = Math.max(0, Math.min(policy.target, policy.max - claimed - quarantined))
  const numbers = JSON.stringify({ ...policy, ...counts })
  if (ready < wanted) yield `${ready} are ready instead of ${wanted} (${numbers})`
  if (ready > wanted && ready + claimed + quarantined > policy.max) yield `there are too many (${numbers})`
}

function* wrongBeliefs(daemons: readonly Daemon[], counts: Readonly<Record<string, number>>): Iterable<string> {
  for (const { name, pool } of daemons) {
    const [template] = pool?.status().templates ?? []
    if (template === undefined) {
      yield `${name} knows of no template`
      continue
    }
    const { ready, claimed } = template
    if (ready !== (counts['ready'] ?? 0) || claimed !== (counts['claimed'] ?? 0)) {
      yield `${name} believes that ${ready} are ready and ${claimed} claimed, not ${JSON.stringify(counts)}`
    }
  }
}
