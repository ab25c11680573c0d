import { readSleep } from '../criu/sleep.js'
import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerLogin } from '../executor/container-shell.js'
import type { RunOptions, RunResult } from '../executor/executor.js'
import type { ContainerRef } from '../pve/client.js'
import { describe, findInstance, type NamedContainer } from './find.js'
import type { ServiceContext } from './service-context.js'
import { explain } from './task-step.js'

export interface ExecContext extends ServiceContext {
  /** A way into a running container, which the service closes. */
  readonly shellIn: (ct: ContainerRef) => Promise<ContainerLogin>
}

export interface ExecOutcome extends RunResult, NamedContainer {}

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
  return inInstance(context, reference, (shell) => shell.run(argv, options))
}

/** A login shell of root in a running container. `options.tty` is what makes it one to work in. */
export async function openShell(context: ExecContext, reference: string, options: RunOptions): Promise<ExecOutcome> {
  return inInstance(context, reference, (shell) => shell.login(options))
}

/** Does something in a running container. Errors: `conflict` when it does not run, and those of getting there. */
export async function inInstance<Outcome extends object>(
  context: ExecContext,
  reference: string,
  work: (shell: ContainerLogin, ct: ContainerRef) => Promise<Outcome>,
): Promise<Outcome & NamedContainer> {
  const ct = await findInstance(context, reference)
  const { vmid, name, node } = ct
  if ((await context.client.containers.status(ct)).status !== 'running') {
    const mark = await readSleep(context.client, ct, await context.client.containers.config(ct))
    if (mark !== undefined && mark.ended === undefined) {
      throw new CmuxError('conflict', `${describe(ct)} sleeps in checkpoint ${mark.checkpoint}`, {
        hint: `Wake it: cmux-pve criu restore ${vmid}`,
      })
    }
    throw new CmuxError('conflict', `${describe(ct)} is not running`, {
      hint: `Start it: cmux-pve instance start ${vmid}`,
    })
  }
  const shell = await context.shellIn(ct)
  try {
    return { vmid, name, node, ...(await work(shell, ct)) }
  } catch (error) {
    if (!isCmuxError(error, 'unavailable', 'untrusted', 'unauthorised') || !shell.way.startsWith('pct on ')) throw error
    throw explain(error, {
      hint: `Commands for container ${vmid} run on its own node, ${node}: \`pct\` works only there`,
    })
  } finally {
    await shell.close()
  }
}
