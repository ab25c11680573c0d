import { CmuxError } from '../errors.js'
import type { CriuContext } from './criu-context.js'
import { FEATURES, INSPECTION_SCRIPT, type Inspection, parseInspection } from './inspection-script.js'
import { CHECKPOINTS } from './store.js'

/** Milliseconds that a look may take. */
const PATIENCE = 60_000

/**
 * Looks at a node and the containers named on it, in one round trip; nothing is changed. `full`: what criu itself says about the kernel
 * too. Errors: those of getting there, and `failed` when the answer makes no sense.
 */
export async function inspectNode(
  context: CriuContext,
  node: string,
  vmids: readonly number[],
  depth: 'full' | 'quick',
): Promise<Inspection> {
  const shell = await context.nodeShell(node)
  const argv = ['sh', '-s', '--', depth, CHECKPOINTS, FEATURES.join(' '), ...vmids.map(String)]
  const result = await shell.run(argv, {
    stdin: INSPECTION_SCRIPT,
    timeout: PATIENCE,
    ...(context.signal !== undefined && { signal: context.signal }),
  })
  if (result.exitCode === 0) return parseInspection(result.stdout, node)
  throw new CmuxError('failed', `Node ${node} could not be looked at: ${lastLine(result.stderr)}`, {
    hint: `Commands for that node are run as ${shell.target}, which must be root on a Proxmox VE node.`,
  })
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1) || 'its shell said nothing'
