import { snapshotSection } from '../config/view.js'
import { mountPoints } from '../config/volumes.js'
import { type ContainerStatus, containerStatus } from '../lxc/status.js'
import type { CallContext } from './call-context.js'
import { CONTAINER, NODE, text, vmidOf } from './lxc-parameters.js'
import type { ApiMethod, Parameters } from './method.js'

const CONTAINER_PATH = '/nodes/{node}/lxc/{vmid}'
const AUDIT = { path: '/vms/{vmid}', privileges: ['VM.Audit'] }

const CONTAINER_PARTS =
  'config pending status vncproxy termproxy vncwebsocket spiceproxy migrate clone rrd rrddata firewall snapshot resize interfaces'
const STATUS_PARTS = 'current start stop shutdown reboot migrate'

/** What is on a node and how it is (PVE-FACTS 3.1, 3.10). */
export function lxcIndexMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/nodes/{node}/lxc',
      protected: true,
      onNode: true,
      permissions: { user: 'all' },
      parameters: NODE,
      handler: (_, context) => list(context),
    },
    {
      method: 'GET',
      path: CONTAINER_PATH,
      onNode: true,
      permissions: { user: 'all' },
      parameters: CONTAINER,
      handler: (parameters, { node }) => {
        node.cluster.configs.load(vmidOf(parameters), node.name)
        return CONTAINER_PARTS.split(' ').map((subdir) => ({ subdir }))
      },
    },
    {
      method: 'GET',
      path: `${CONTAINER_PATH}/status`,
      onNode: true,
      permissions: { user: 'all' },
      parameters: CONTAINER,
      handler: (parameters, { node }) => {
        node.cluster.configs.load(vmidOf(parameters), node.name)
        return STATUS_PARTS.split(' ').map((subdir) => ({ subdir }))
      },
    },
    {
      method: 'GET',
      path: `${CONTAINER_PATH}/status/current`,
      protected: true,
      onNode: true,
      permissions: AUDIT,
      parameters: CONTAINER,
      handler: (parameters, context) => current(vmidOf(parameters), context),
    },
    {
      method: 'GET',
      path: `${CONTAINER_PATH}/interfaces`,
      protected: true,
      onNode: true,
      permissions: AUDIT,
      parameters: CONTAINER,
      handler: (parameters, context) => interfaces(vmidOf(parameters), context),
    },
    {
      method: 'GET',
      path: `${CONTAINER_PATH}/feature`,
      protected: true,
      onNode: true,
      permissions: AUDIT,
      parameters: {
        ...CONTAINER,
        feature: { type: 'string', enum: ['snapshot', 'clone', 'copy'] },
        snapname: { type: 'string', format: 'pve-configid', maxLength: 40, optional: true },
      },
      handler: feature,
    },
  ]
}

async function list(context: CallContext): Promise<readonly ContainerStatus[]> {
  const { node } = context
  const { configs, latency } = node.cluster
  await node.daemon.sleep(latency.of('list'))
  // One container in its pre-start holds up the whole list (PVE-FACTS 3.6).
  for (const answers of node.monitor.unanswered()) await node.daemon.run(answers)
  const statuses: ContainerStatus[] = []
  for (const vmid of configs.onNode(node.name)) {
    const entry = configs.find(vmid)
    if (entry !== undefined && context.may(`/vms/${vmid}`, ['VM.Audit']))
      statuses.push(containerStatus(node, vmid, entry))
  }
  return statuses
}

async function current(vmid: number, { node }: CallContext) {
  const { configs, latency } = node.cluster
  configs.load(vmid, node.name)
  await node.daemon.sleep(latency.of('read'))
  await answered(vmid, node)
  const config = configs.load(vmid, node.name)
  return { ...containerStatus(node, vmid, { node: node.name, config }), ha: { managed: 0 } }
}

async function interfaces(vmid: number, { node }: CallContext) {
  await answered(vmid, node)
  if (!node.monitor.isRunning(vmid) || !node.cluster.guests.isRunning(vmid)) return null
  const found = await node.daemon.run(node.cluster.guests.interfaces(vmid))
  return found.map(({ name, hardwareAddress, addresses }) => ({
    name,
    hwaddr: hardwareAddress,
    'hardware-address': hardwareAddress,
    ...lastOf(addresses, 'inet'),
    ...lastOf(addresses, 'inet6'),
    'ip-addresses': addresses.map(({ family, address, prefix }) => ({
      'ip-address-type': family,
      'ip-address': address,
      prefix,
    })),
  }))
}

/** The command socket of a container that is just being started keeps everybody waiting. */
async function answered(vmid: number, { monitor, daemon }: CallContext['node']): Promise<void> {
  const state = monitor.state(vmid)
  if (state?.phase === 'pre-start') await daemon.run(state.answers)
}

function lastOf(
  addresses: readonly { readonly family: string; readonly address: string; readonly prefix: number }[],
  family: 'inet' | 'inet6',
): Readonly<Record<string, string>> {
  const found = addresses.findLast((address) => address.family === family)
  return found === undefined ? {} : { [family]: `${found.address}/${found.prefix}` }
}

function feature(parameters: Parameters, { node }: CallContext): { readonly hasFeature: 0 | 1 } {
  const { configs, storages } = node.cluster
  const config = configs.load(vmidOf(parameters), node.name)
  const snapname = text(parameters, 'snapname')
  const name = text(parameters, 'feature')
  const { options } = snapname === undefined ? config : snapshotSection(config, snapname)
  if (name !== 'snapshot' && name !== 'clone' && name !== 'copy') return { hasFeature: 0 }
  const isThere = mountPoints(options).every(
    ({ type, volume }) => type === 'volume' && storages.hasFeature(name, volume, snapname),
  )
  return { hasFeature: isThere ? 1 : 0 }
}
