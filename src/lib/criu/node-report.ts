import { nodeBlockers } from './node-blockers.js'
import { type NodeFacts, precedes } from './node-facts.js'
import type { Blocker, NodeVersions } from './preflight-report.js'

/** What a node can do with checkpoints. Sizes in bytes. */
export interface NodeReport {
  readonly node: string
  readonly versions: NodeVersions & { readonly pve?: string }
  /** What `criu check` says. */
  readonly check: { readonly ok: boolean; readonly said: string }
  /** Optional abilities of the kernel that criu would use. */
  readonly features: readonly { readonly name: string; readonly supported: boolean }[]
  readonly space: { readonly free: number; readonly total: number }
  /** Whether LXC gives a restored container its limits back. Where it does not, `criu restore` does (lxc issue 4643). */
  readonly keepsLimits: boolean
  readonly blockers: readonly Blocker[]
}

/** The first version of LXC whose restore writes the limits into the cgroup again (lxc pull request 4695). */
const KEEPS_LIMITS = '7.1'

/** The report on a node that was looked at fully. Pure. */
export function nodeReport(node: string, facts: NodeFacts): NodeReport {
  const { criu, lxc, kernel, free, total, full } = facts
  return {
    node,
    versions: {
      kernel,
      ...(criu !== undefined && { criu }),
      ...(lxc !== undefined && { lxc }),
      ...(full?.pve !== undefined && { pve: full.pve }),
    },
    check: full?.check ?? { ok: false, said: '' },
    features: full?.features ?? [],
    space: { free, total },
    keepsLimits: lxc !== undefined && !precedes(lxc, KEEPS_LIMITS),
    blockers: nodeBlockers(facts),
  }
}
