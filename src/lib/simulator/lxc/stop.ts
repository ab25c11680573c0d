import { die } from '../api/api-error.js'
import { checkLock } from '../config/lock.js'
import type { Node } from '../node.js'
import type { Process } from '../process.js'
import type { Worker } from '../task.js'
import { withConfigLock } from './flock.js'
import { bringUp } from './start.js'

/** How much longer than asked for a shutdown watches the container (PVE-FACTS 3.6). */
const SHUTDOWN_GRACE_MS = 5000
/** An init that has just started may not have its handlers yet: a shutdown request is lost on it. */
const DEAF_MS = 500
const KILL_PATIENCE_MS = 10_000

/** The stop task: ends the container at once (PVE-FACTS 3.6). */
export async function stopContainer(
  worker: Worker,
  node: Node,
  vmid: number,
  options: { readonly skiplock?: boolean; readonly overruleShutdown?: boolean } = {},
): Promise<void> {
  if (options.overruleShutdown === true) await overruleShutdowns(worker, node, vmid)
  await withConfigLock(worker, vmid, async () => {
    const config = node.cluster.configs.load(vmid, node.name)
    if (options.skiplock !== true) checkLock(config, 'mounted')
    await worker.step('kill')
    await killContainer(worker, node, vmid)
    await worker.sleep(node.cluster.latency.of('kill'))
  })
}

/** Kills a container and waits until it is gone. 500 `container did not stop`. */
export async function killContainer(process: Process, node: Node, vmid: number): Promise<void> {
  if (!node.monitor.isRunning(vmid)) return
  await process.run(node.cluster.guests.kill(vmid))
  if (!(await endsWithin(process, node, vmid, KILL_PATIENCE_MS))) die('container did not stop')
}

/** The shutdown task: asks init, waits twice, and kills only when told to (PVE-FACTS 3.6). */
export async function shutdownContainer(
  worker: Worker,
  node: Node,
  vmid: number,
  options: { readonly timeoutMs: number; readonly forceStop: boolean },
): Promise<void> {
  await withConfigLock(worker, vmid, async () => {
    checkLock(node.cluster.configs.load(vmid, node.name))
    await worker.step('shutdown')
    if (await endsByItself(worker, node, vmid, options.timeoutMs)) return
    if (options.forceStop) return killContainer(worker, node, vmid)
    worker.print(`command 'lxc-stop -n ${vmid} --nokill --timeout ${options.timeoutMs / 1000}' failed: exit code 1`)
    if (!(await endsWithin(worker, node, vmid, options.timeoutMs + SHUTDOWN_GRACE_MS))) die('container did not stop')
  })
}

/** The reboot task: no lock check, a kill after the timeout, nothing when the container stopped meanwhile, and else a start (PVE-FACTS 3.6). */
export async function rebootContainer(worker: Worker, node: Node, vmid: number, timeoutMs: number): Promise<void> {
  await withConfigLock(worker, vmid, async () => {
    if (!node.monitor.isRunning(vmid)) return
    await worker.step('shutdown')
    if (!(await endsByItself(worker, node, vmid, timeoutMs))) await killContainer(worker, node, vmid)
    await worker.run(node.monitor.gone(vmid))
    await bringUp(worker, node, vmid)
  })
}

async function endsByItself(worker: Worker, node: Node, vmid: number, timeoutMs: number): Promise<boolean> {
  const { clock, guests, latency, random } = node.cluster
  const deadline = clock.now() + timeoutMs
  const uptime = clock.now() - (node.monitor.state(vmid)?.startedAt ?? 0)
  const isHeard = latency.profile === 'instant' || uptime > DEAF_MS || random.next() < 0.5
  await worker.sleep(Math.min(timeoutMs, latency.of('shutdown')))
  if (isHeard && node.monitor.isRunning(vmid) && clock.now() < deadline) {
    await worker.run(guests.requestShutdown(vmid))
  }
  return endsWithin(worker, node, vmid, deadline - clock.now())
}

async function endsWithin(process: Process, node: Node, vmid: number, ms: number): Promise<boolean> {
  await process.settles(node.monitor.ended(vmid), ms)
  return !node.monitor.isRunning(vmid)
}

async function overruleShutdowns(worker: Worker, node: Node, vmid: number): Promise<void> {
  const upids = node.tasks.active('vzshutdown', String(vmid))
  for (const upid of upids) await worker.run(node.stopTask(upid))
  if (upids.length > 0) worker.print(`overruled vzshutdown tasks: ${upids.join(', ')}`)
}
