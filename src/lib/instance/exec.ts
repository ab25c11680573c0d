import { CmuxError, isCmuxError } from '../errors.js'
import type { Executor, RunOptions, RunResult } from '../executor/executor.js'
import type { ContainerRef } from '../pve/client.js'
import { describe, findInstance } from './find.js'
import type { ServiceContext } from './service-context.js'
import { explain } from './task-step.js'

export interface ExecContext extends ServiceContext {
  /** An executor on a node, which the service closes. */
  readonly executorOn: (node: string) => Promise<Executor>
}

export interface ExecOutcome extends RunResult {
  readonly vmid: number
  readonly name: string
  readonly node: string
}

/**
 * Runs argv in a running container, as root, without a shell and with a clean environment (PVE-FACTS 7.3). The result is that of the
 * command; errors are those of getting there.
 */
export async function execInInstance(
  context: ExecContext,
  reference: string,
  argv: readonly string[],
  options: RunOptions,
): Promise<ExecOutcome> {
  return runOnNode(
    context,
    reference,
    (ct) => ['pct', 'exec', String(ct.vmid), '--keep-env', '0', '--', ...argv],
    options,
  )
}

/** A login shell of root in a running container. `options.tty` is what makes it one to work in. */
export async function openShell(context: ExecContext, reference: string, options: RunOptions): Promise<ExecOutcome> {
  return runOnNode(context, reference, (ct) => ['pct', 'enter', String(ct.vmid), '--keep-env', '0'], options)
}

async function runOnNode(
  context: ExecContext,
  reference: string,
  argvFor: (ct: ContainerRef) => readonly string[],
  options: RunOptions,
): Promise<ExecOutcome> {
  const ct = await findInstance(context, reference)
  const { vmid, name, node } = ct
  if ((await context.client.containers.status(ct)).status !== 'running') {
    throw new CmuxError('conflict', `${describe(ct)} is not running`, {
      hint: `Start it: cmux-pve instance start ${vmid}`,
    })
  }
  const executor = await context.executorOn(node)
  try {
    return { vmid, name, node, ...(await executor.run(argvFor(ct), options)) }
  } catch (error) {
    if (!isCmuxError(error, 'unavailable', 'untrusted', 'unauthorised')) throw error
    throw explain(error, {
      hint: `Commands for container ${vmid} run on its own node, ${node}: \`pct\` works only there`,
    })
  } finally {
    await executor.close()
  }
}
