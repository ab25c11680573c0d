import { checkDigest, checkLock } from '../config/lock.js'
import { networkInterfaces } from '../config/network.js'
import { CONFIG_OPTIONS } from '../config/options.js'
import { changeFailed, checkContradictions, configChanges, planUpdate, type UpdatePlan } from '../config/update.js'
import { configView, pendingView } from '../config/view.js'
import { applyPlan } from '../lxc/apply-plan.js'
import { withConfigLock } from '../lxc/flock.js'
import { containerLimits } from '../lxc/status.js'
import type { ObjectSchema } from '../schema/schema.js'
import { parseVolumeId } from '../storage/volume.js'
import { parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import { bridgeMtu, CONTAINER, DIGEST, FLAG, flag, text, vmidOf } from './lxc-parameters.js'
import { checkChanges, volumeOwner } from './lxc-permissions.js'
import type { ApiMethod, Parameters } from './method.js'

const PATH = '/nodes/{node}/lxc/{vmid}/config'
const AUDIT = { path: '/vms/{vmid}', privileges: ['VM.Audit'] }
const LIST = { type: 'string', format: 'pve-configid-list', optional: true } as const

const CHANGES: ObjectSchema = { ...CONFIG_OPTIONS, ...CONTAINER, delete: LIST, revert: LIST, digest: DIGEST }

/** The configuration of a container (PVE-FACTS 3.5). */
export function lxcConfigMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: PATH,
      onNode: true,
      permissions: AUDIT,
      parameters: {
        ...CONTAINER,
        current: FLAG,
        snapshot: { type: 'string', format: 'pve-configid', maxLength: 40, optional: true },
      },
      handler: show,
    },
    {
      method: 'GET',
      path: '/nodes/{node}/lxc/{vmid}/pending',
      onNode: true,
      permissions: AUDIT,
      parameters: CONTAINER,
      handler: (parameters, { node }) => pendingView(node.cluster.configs.load(vmidOf(parameters), node.name)),
    },
    {
      method: 'PUT',
      path: PATH,
      protected: true,
      onNode: true,
      permissions: {
        path: '/vms/{vmid}',
        privileges: ['VM.Config.Disk', 'VM.Config.CPU', 'VM.Config.Memory', 'VM.Config.Network', 'VM.Config.Options'],
        any: true,
      },
      parameters: CHANGES,
      handler: update,
    },
  ]
}

function show(parameters: Parameters, context: CallContext) {
  const { node } = context
  const vmid = vmidOf(parameters)
  const snapshot = text(parameters, 'snapshot')
  const current = flag(parameters, 'current')
  if (current && snapshot !== undefined) {
    const message = "cannot use 'snapshot' parameter with 'current'"
    throw parameterError({ snapshot: message, current: message })
  }
  return configView(node.cluster.configs.load(vmid, node.name), {
    current,
    ...(snapshot === undefined ? {} : { snapshot }),
    hideEnvironment: !context.may(`/vms/${vmid}`, ['VM.Config.Options']),
  })
}

async function update(parameters: Parameters, context: CallContext): Promise<null> {
  const { node } = context
  const { configs, storages, random, latency } = node.cluster
  const vmid = vmidOf(parameters)
  const changes = configChanges(parameters)
  await withConfigLock(node.daemon, vmid, async () => {
    const config = configs.load(vmid, node.name)
    checkLock(config)
    checkDigest(config, text(parameters, 'digest'))
    const unprivileged = config.options['unprivileged'] === 1
    const question = { vmid, config, unprivileged, ownsVolume: volumeOwner(context, vmid) }
    checkChanges(context, { set: {}, delete: [...changes.delete, ...changes.revert] }, question)
    checkContradictions(changes)
    checkChanges(context, { set: changes.set, delete: [] }, question)
    const running = node.monitor.isRunning(vmid)
    const plan = planUpdate(config, changes, {
      vmid,
      running,
      random,
      bridgeMtu: bridgeMtu(context),
      checkStorage: (volume) => storages.checkContentType(parseVolumeId(volume).storage, 'rootdir'),
      volumeSize: (volid) => storages.volume(volid, node.name)?.size,
    })
    if (running) checkBridges(plan, bridgeMtu(context))
    await node.daemon.sleep(latency.of('write'))
    const written = await applyPlan(node, vmid, plan, { running, print: () => {} })
    if (running && plan.live.some((option) => LIMITS.has(option))) {
      const { maxmem, maxswap, cpus } = containerLimits(written, node)
      await node.daemon.run(node.cluster.guests.applyLimits(vmid, { memory: maxmem, swap: maxswap, cores: cpus }))
    }
  })
  return null
}

/** A network interface of a running container is plugged into its bridge at once. 400 `unable to hotplug net0: …`. */
function checkBridges({ live, config }: UpdatePlan, checkBridge: (bridge: string) => unknown): void {
  for (const { id, bridge } of networkInterfaces(config.options)) {
    if (bridge === undefined || !live.includes(id)) continue
    try {
      checkBridge(bridge)
    } catch (error) {
      throw changeFailed(id, `${error instanceof Error ? error.message : String(error)}\n`, true)
    }
  }
}

const LIMITS: ReadonlySet<string> = new Set(['memory', 'swap', 'cores', 'cpulimit'])
