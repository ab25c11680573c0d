import { die } from '../api/api-error.js'
import { applyPending, hasPending } from '../config/apply-pending.js'
import type { ContainerConfig } from '../config/container-config.js'
import { isTemplate } from '../config/container-config.js'
import { checkLock } from '../config/lock.js'
import { networkInterfaces } from '../config/network.js'
import { mountPoints } from '../config/volumes.js'
import type { Node } from '../node.js'
import type { Worker } from '../task.js'
import { applyPlan } from './apply-plan.js'
import { diskMounts } from './disks.js'
import { withConfigLock } from './flock.js'
import { guestSpec } from './guest-spec.js'
import { warnAboutNesting } from './nesting.js'
import { unmountDisks } from './post-stop.js'

/** ext4 waits this long before it mounts a file system that looks mounted elsewhere (PVE-FACTS 3.8). */
const MULTI_MOUNT_PROTECTION_MS = 46_000

/** The start task (PVE-FACTS 3.6): holds F for its whole run. */
export async function startContainer(
  worker: Worker,
  node: Node,
  vmid: number,
  options: { readonly skiplock?: boolean } = {},
): Promise<void> {
  await withConfigLock(worker, vmid, async () => {
    const config = node.cluster.configs.load(vmid, node.name)
    if (isTemplate(config)) die("you can't start a CT if it's a template")
    if (options.skiplock !== true) checkLock(config, 'mounted')
    await worker.step('begin')
    await bringUp(worker, node, vmid)
  })
}

/** Starts under a lock that the caller holds. Nothing happens when the container runs already, as with any systemd service. */
export async function bringUp(worker: Worker, node: Node, vmid: number): Promise<void> {
  if (node.monitor.isRunning(vmid)) return
  const config = await takePending(node, vmid, (line) => worker.print(line))
  if (config.options['unprivileged'] === 1 && mountPointLines(config).some((line) => /,quota=1(,|$)/.test(line))) {
    die('Quotas are not supported by unprivileged containers.')
  }
  checkVolumes(node, config)
  if (node.cluster.version.warnsAboutNesting) warnAboutNesting(worker, node, config)
  // systemd runs the container: it comes up even if this worker ends before.
  await worker.run(launch(node, vmid, config, (line) => worker.print(line)))
}

/** Applies what waited for the next start. */
async function takePending(node: Node, vmid: number, print: (line: string) => void): Promise<ContainerConfig> {
  const config = node.cluster.configs.load(vmid, node.name)
  if (!hasPending(config)) return config
  const { random } = node.cluster
  return applyPlan(node, vmid, applyPending(config, { random }), { running: false, print })
}

async function launch(node: Node, vmid: number, config: ContainerConfig, print: (line: string) => void): Promise<void> {
  const { daemon, monitor } = node
  const { latency, guests } = node.cluster
  await daemon.run(monitor.gone(vmid))
  monitor.begin(vmid)
  let mounted = false
  try {
    await daemon.sleep(latency.of('pre-start'))
    const [problem] = hostProblems(node, config)
    if (problem !== undefined) throw new Error(problem)
    await mount(node, config)
    mounted = true
    const spec = guestSpec(node, vmid, config)
    await monitor.boot(vmid, () => daemon.run(guests.start(spec)))
  } catch (error) {
    monitor.abort(vmid)
    if (mounted) unmountDisks(node, config)
    for (const line of (error instanceof Error ? error.message : String(error)).split('\n')) print(line)
    return die(`startup for container '${vmid}' failed`)
  }
  await daemon.sleep(latency.of('start'))
}

/** The volumes are activated before anything runs. 500 `volume 'x' does not exist`, or that its id cannot be parsed. */
function checkVolumes(node: Node, config: ContainerConfig): void {
  const { storages } = node.cluster
  for (const { volume } of diskMounts(config.options)) {
    storages.contentOf(volume)
    storages.requireVolume(volume, node.name)
  }
}

/** What keeps the pre-start hooks from doing their work. */
function* hostProblems(node: Node, config: ContainerConfig): Iterable<string> {
  const { bridges } = node.cluster
  for (const { bridge } of networkInterfaces(config.options)) {
    if (bridge !== undefined && !bridges.includes(bridge)) yield `bridge '${bridge}' does not exist`
  }
}

async function mount(node: Node, config: ContainerConfig): Promise<void> {
  const { storages, volumeFacts } = node.cluster
  const volumes = diskMounts(config.options).map(({ volume }) => volume)
  const isUnclean = (volid: string) =>
    volumeFacts.get(volid).mounted === true && storages.volume(volid, node.name)?.format === 'raw'
  if (volumes.some(isUnclean)) await node.daemon.sleep(MULTI_MOUNT_PROTECTION_MS)
  for (const volid of volumes) volumeFacts.setMounted(volid, true)
}

const mountPointLines = (config: ContainerConfig): readonly string[] =>
  mountPoints(config.options).map(({ name }) => String(config.options[name]))
