import { resumeContainer, suspendContainer } from '../lxc/checkpoint.js'
import { startContainer } from '../lxc/start.js'
import { rebootContainer, shutdownContainer, stopContainer } from '../lxc/stop.js'
import type { ObjectSchema } from '../schema/schema.js'
import type { Worker } from '../task.js'
import { die, parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import { CONTAINER, FLAG, flag, number, vmidOf } from './lxc-parameters.js'
import type { ApiMethod, Parameters } from './method.js'

const DEFAULT_TIMEOUT_S = 60
const TIMEOUT = { type: 'integer', optional: true, minimum: 0, default: DEFAULT_TIMEOUT_S } as const

interface PowerCall {
  readonly parameters?: ObjectSchema
  /** What the container must be; the refusal otherwise (PVE-FACTS 3.6). */
  readonly needs: 'running' | 'stopped'
  /** How the refusal calls the container: reboot says VM. */
  readonly subject?: 'CT' | 'VM'
  run(worker: Worker, context: CallContext, parameters: Parameters): Promise<void>
}

const CALLS: Readonly<Record<string, PowerCall>> = {
  start: {
    parameters: { skiplock: FLAG, debug: FLAG },
    needs: 'stopped',
    run: (worker, { node }, parameters) =>
      startContainer(worker, node, vmidOf(parameters), { skiplock: flag(parameters, 'skiplock') }),
  },
  stop: {
    parameters: { skiplock: FLAG, 'overrule-shutdown': FLAG },
    needs: 'running',
    run: (worker, { node }, parameters) =>
      stopContainer(worker, node, vmidOf(parameters), {
        skiplock: flag(parameters, 'skiplock'),
        overruleShutdown: flag(parameters, 'overrule-shutdown'),
      }),
  },
  shutdown: {
    parameters: { timeout: TIMEOUT, forceStop: FLAG },
    needs: 'running',
    run: (worker, { node }, parameters) =>
      shutdownContainer(worker, node, vmidOf(parameters), {
        timeoutMs: timeoutMs(parameters),
        forceStop: flag(parameters, 'forceStop'),
      }),
  },
  reboot: {
    parameters: { timeout: TIMEOUT },
    needs: 'running',
    subject: 'VM',
    run: (worker, { node }, parameters) => rebootContainer(worker, node, vmidOf(parameters), timeoutMs(parameters)),
  },
  suspend: {
    needs: 'running',
    run: (worker, { node }, parameters) => suspendContainer(worker, node, vmidOf(parameters)),
  },
  resume: {
    needs: 'stopped',
    run: (worker, { node }, parameters) => resumeContainer(worker, node, vmidOf(parameters)),
  },
}

/** Start, stop and the others: nearly everything is checked inside the task (PVE-FACTS 3.6). */
export function lxcPowerMethods(): readonly ApiMethod[] {
  return Object.entries(CALLS).map(([name, call]) => ({
    method: 'POST',
    path: `/nodes/{node}/lxc/{vmid}/status/${name}`,
    protected: true,
    onNode: true,
    permissions: { path: '/vms/{vmid}', privileges: ['VM.PowerMgmt'] },
    parameters: { ...CONTAINER, ...call.parameters },
    handler: (parameters, context) => {
      const vmid = vmidOf(parameters)
      if (flag(parameters, 'skiplock') && context.identity.id !== 'root@pam') {
        throw parameterError({ skiplock: 'Only root may use this option.' })
      }
      checkState(call, vmid, context)
      return context.forkWorker(`vz${name}`, String(vmid), (worker) => call.run(worker, context, parameters))
    },
  }))
}

/** A start that another task sets off: a task of its own, which that one does not wait for. */
export function startSeparately({ node, identity }: CallContext, vmid: number): void {
  const run = (worker: Worker) => startContainer(worker, node, vmid)
  if (!node.monitor.isRunning(vmid)) node.fork({ type: 'vzstart', id: String(vmid), user: identity.id, run })
}

function checkState({ needs, subject = 'CT' }: PowerCall, vmid: number, { node }: CallContext): void {
  const running = node.monitor.isRunning(vmid)
  if (needs === 'running' && !running) die(`${subject} ${vmid} not running`)
  if (needs === 'stopped' && running) die(`${subject} ${vmid} already running`)
  if (needs === 'stopped') node.cluster.checkQuorum()
}

const timeoutMs = (parameters: Parameters): number => (number(parameters, 'timeout') ?? DEFAULT_TIMEOUT_S) * 1000
