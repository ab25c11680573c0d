import { checkLock } from '../config/lock.js'
import type { Node } from '../node.js'
import { INTERRUPTED } from '../process.js'
import type { Worker } from '../task.js'
import { withConfigLock } from './flock.js'
import { guestSpec } from './guest-spec.js'

/** One directory for all containers of a node, which nobody ever cleans (PVE-FACTS 7.6). */
const DUMP_DIRECTORY = '/var/lib/vz/dump'

/** The suspend task. A failure, which is the usual case, leaves the container running. */
export async function suspendContainer(worker: Worker, node: Node, vmid: number): Promise<void> {
  await withConfigLock(worker, vmid, async () => {
    const { configs, guests, latency } = node.cluster
    checkLock(configs.load(vmid, node.name))
    await worker.step('checkpoint')
    await worker.sleep(latency.of('checkpoint'))
    await command(worker, `lxc-checkpoint -n ${vmid} -s -D ${DUMP_DIRECTORY}`, () =>
      worker.run(guests.checkpoint(vmid, DUMP_DIRECTORY, { stop: true })),
    )
    await worker.run(node.monitor.ended(vmid))
  })
}

/** The resume task: takes no lock, looks at no lock, and runs as long as the container lives (PVE-FACTS 3.6, 7.6). */
export async function resumeContainer(worker: Worker, node: Node, vmid: number): Promise<void> {
  const { configs, guests, latency } = node.cluster
  await worker.step('restore')
  await command(worker, `lxc-checkpoint -n ${vmid} -r --foreground -D ${DUMP_DIRECTORY}`, async () => {
    const entry = configs.find(vmid)
    if (entry === undefined || entry.node !== node.name) {
      throw new Error(checkpointMessage(vmid, 'main', 298, `${vmid} is not defined`))
    }
    const spec = guestSpec(node, vmid, entry.config)
    await worker.run(node.monitor.gone(vmid))
    node.monitor.begin(vmid)
    try {
      await worker.sleep(latency.of('checkpoint'))
      await node.monitor.boot(vmid, () => worker.run(guests.restore(spec, DUMP_DIRECTORY)))
    } catch (error) {
      node.monitor.abort(vmid)
      throw error instanceof Error && error.message === INTERRUPTED ? error : restoreFailed(vmid, error)
    }
  })
  try {
    await worker.run(node.monitor.ended(vmid))
  } catch (error) {
    // The monitor is a child of this task: it ends with it.
    await guests.kill(vmid)
    throw error
  }
}

/** A line of lxc-checkpoint itself; `routine` and `line` are places in its source (PVE-FACTS 7.6). */
export function checkpointMessage(name: string | number, routine: string, line: number, text: string): string {
  return `lxc-checkpoint: ${name}: ../src/lxc/tools/lxc_checkpoint.c: ${routine}: ${line} ${text}`
}

/** What lxc-checkpoint says when criu could not restore: criu's own lines first. */
export function restoreFailed(vmid: number, cause: unknown): Error {
  const said = cause instanceof Error ? cause.message : String(cause)
  return new Error(`${said}\n${checkpointMessage(vmid, 'restore', 293, `Restoring ${vmid} failed`)}`, { cause })
}

async function command(worker: Worker, line: string, run: () => Promise<void>): Promise<void> {
  try {
    await run()
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    if (text === INTERRUPTED) throw new Error(`command '${line}' failed: ${text}`, { cause: error })
    for (const part of text.split('\n')) worker.print(part)
    throw new Error(`command '${line}' failed: exit code 1`, { cause: error })
  }
}
