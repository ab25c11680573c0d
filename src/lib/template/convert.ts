import { CmuxError, isCmuxError } from '../errors.js'
import { describe, type NamedContainer } from '../instance/find.js'
import { stopInstance } from '../instance/power.js'
import { type Deadline, deadlineIn, type Patience, type ServiceContext } from '../instance/service-context.js'
import { explain } from '../instance/task-step.js'

export interface ConvertOutcome {
  readonly vmid: number
  readonly name: string
  readonly node: string
  /** False: it was a template already. */
  readonly changed: boolean
}

/**
 * Makes a container a template, for good. A running one is refused unless `stop` says to shut it down first. Proxmox gives no task id
 * for this call, so it is always waited for.
 */
export async function convertToTemplate(
  context: ServiceContext,
  reference: string,
  options: Omit<Patience, 'wait'> & { readonly stop: boolean },
): Promise<ConvertOutcome> {
  const { client } = context
  const deadline = deadlineIn(context.clock, options.timeout)
  const ct = await client.containers.find(reference)
  const { vmid, name, node } = ct
  if (ct.template) return { vmid, name, node, changed: false }
  if ((await client.containers.status(ct)).status === 'running') {
    if (!options.stop) {
      throw new CmuxError(
        'conflict',
        `${describe(ct)} is running, and only a stopped container can become a template`,
        {
          hint: `Shut it down first: cmux-pve template convert ${vmid} --stop`,
        },
      )
    }
    await stopInstance(context, String(vmid), { force: false, wait: true, timeout: deadline.remaining() })
  }
  await makeTemplate(context, ct, deadline)
  return { vmid, name, node, changed: true }
}

/** Makes a stopped container a template and waits until it is one. */
export async function makeTemplate(context: ServiceContext, ct: NamedContainer, deadline: Deadline): Promise<void> {
  const { client, signal } = context
  context.onProgress?.(`Make ${describe(ct)} a template`)
  try {
    await client.containers.convertToTemplate(ct, {
      timeout: deadline.remaining(),
      ...(signal !== undefined && { signal }),
    })
  } catch (error) {
    throw await withTruth(context, ct, error)
  }
}

async function withTruth(context: ServiceContext, ct: NamedContainer, error: unknown) {
  const { vmid, node } = ct
  if (context.signal?.aborted) {
    const reason: unknown = context.signal.reason
    return new CmuxError('interrupted', `Interrupted; the task that makes ${describe(ct)} a template goes on`, {
      hint: `Look with \`cmux-pve template info ${vmid}\`.`,
      data: { vmid, node },
      ...(isCmuxError(reason) && { exitCode: reason.exitCode }),
    })
  }
  const config = await context.client.containers.config(ct).catch(() => undefined)
  if (config === undefined) return error
  return explain(error, {
    message: `Container ${vmid} is ${config.template ? 'a template now' : 'no template'}`,
    data: { vmid, node },
  })
}
