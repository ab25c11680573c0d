import type { NodeFacts } from './node-facts.js'
import type { Blocker } from './preflight-report.js'

/** What of a node stands in the way of every checkpoint on it. Pure. `memory`: bytes that the images will about take. */
export function nodeBlockers(node: NodeFacts, memory = 0): readonly Blocker[] {
  return [...criuMissing(node), ...iptablesMissing(node), ...checkFails(node), ...littleSpace(node, memory)]
}

function criuMissing({ criu, lxc }: NodeFacts): readonly Blocker[] {
  if (criu !== undefined && lxc !== undefined) return []
  const missing = [criu === undefined && 'criu', lxc === undefined && 'lxc-checkpoint'].filter(Boolean).join(' and ')
  return [
    {
      id: 'criu-missing',
      severity: 'blocks',
      what: `${missing} cannot be run on the node`,
      remedy: { text: 'Install criu on the node', command: 'apt install criu' },
    },
  ]
}

/** Without it criu cannot lock the network of what it dumps, a container without a network included. */
function iptablesMissing({ criu, iptables }: NodeFacts): readonly Blocker[] {
  if (iptables || criu === undefined) return []
  return [
    {
      id: 'iptables-missing',
      severity: 'blocks',
      what: 'criu needs iptables-restore to hold the network still, and the node has none',
      remedy: { text: 'Install iptables on the node', command: 'apt install iptables' },
    },
  ]
}

function checkFails({ criu, full }: NodeFacts): readonly Blocker[] {
  if (full === undefined || criu === undefined || full.check.ok) return []
  return [
    {
      id: 'criu-check',
      severity: 'blocks',
      what: `criu ${criu} does not work on this kernel: ${full.check.said}`,
      remedy: { text: 'Install a criu that knows this kernel, or boot a kernel that this criu knows' },
    },
  ]
}

function littleSpace({ free }: NodeFacts, memory: number): readonly Blocker[] {
  if (free >= memory) return []
  const mebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20)
  return [
    {
      id: 'space',
      severity: 'blocks',
      what: `The images take about ${mebibytes(memory)} MiB, and ${mebibytes(free)} MiB are free on the node`,
      remedy: { text: 'Remove checkpoints that nobody needs', command: 'cmux-pve criu prune --keep 1' },
    },
  ]
}
