import { updateSnapshot } from '../config/snapshots.js'
import { snapshotList, snapshotView } from '../config/view.js'
import { withConfigLock } from '../lxc/flock.js'
import { rollbackContainer } from '../lxc/rollback.js'
import { createSnapshot, deleteSnapshot } from '../lxc/snapshot.js'
import { die } from './api-error.js'
import type { CallContext } from './call-context.js'
import { CONTAINER, FLAG, flag, SNAPSHOT, text, vmidOf } from './lxc-parameters.js'
import { startSeparately } from './lxc-power.js'
import type { ApiMethod, Parameters } from './method.js'

const DESCRIPTION = { type: 'string', optional: true } as const
const PATH = '/nodes/{node}/lxc/{vmid}/snapshot'
const RESERVED = ['current', 'vzdump']

/** Snapshots of a container (PVE-FACTS 3.8). */
export function lxcSnapshotMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: PATH,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Audit'] },
      parameters: CONTAINER,
      handler: (parameters, { node }) => {
        const vmid = vmidOf(parameters)
        return snapshotList(node.cluster.configs.load(vmid, node.name), node.monitor.isRunning(vmid))
      },
    },
    {
      method: 'POST',
      path: PATH,
      protected: true,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Snapshot'] },
      parameters: { ...SNAPSHOT, description: DESCRIPTION },
      handler: (parameters, context) => {
        const vmid = vmidOf(parameters)
        const name = snapname(parameters)
        const description = text(parameters, 'description')
        if (RESERVED.includes(name)) die(`unable to use snapshot name '${name}' (reserved name)`)
        return context.forkWorker('vzsnapshot', String(vmid), (worker) =>
          createSnapshot(worker, context.node, vmid, { name, ...(description === undefined ? {} : { description }) }),
        )
      },
    },
    {
      method: 'GET',
      path: `${PATH}/{snapname}`,
      onNode: true,
      permissions: { user: 'all' },
      parameters: SNAPSHOT,
      handler: () => [{ cmd: 'rollback' }, { cmd: 'config' }],
    },
    {
      method: 'DELETE',
      path: `${PATH}/{snapname}`,
      protected: true,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Snapshot'] },
      parameters: { ...SNAPSHOT, force: FLAG },
      handler: (parameters, context) => {
        const vmid = vmidOf(parameters)
        const request = { name: snapname(parameters), force: flag(parameters, 'force') }
        return context.forkWorker('vzdelsnapshot', String(vmid), (worker) =>
          deleteSnapshot(worker, context.node, vmid, request),
        )
      },
    },
    {
      method: 'GET',
      path: `${PATH}/{snapname}/config`,
      onNode: true,
      permissions: {
        path: '/vms/{vmid}',
        privileges: ['VM.Snapshot', 'VM.Snapshot.Rollback', 'VM.Audit'],
        any: true,
      },
      parameters: SNAPSHOT,
      handler: (parameters, { node }) =>
        snapshotView(node.cluster.configs.load(vmidOf(parameters), node.name), snapname(parameters)),
    },
    {
      method: 'PUT',
      path: `${PATH}/{snapname}/config`,
      protected: true,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Snapshot'] },
      parameters: { ...SNAPSHOT, description: DESCRIPTION },
      handler: async (parameters, context) => {
        const description = text(parameters, 'description')
        if (description !== undefined) await describe(context, vmidOf(parameters), snapname(parameters), description)
        return null
      },
    },
    {
      method: 'POST',
      path: `${PATH}/{snapname}/rollback`,
      protected: true,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Snapshot', 'VM.Snapshot.Rollback'], any: true },
      parameters: { ...SNAPSHOT, start: FLAG },
      handler: (parameters, context) => {
        const vmid = vmidOf(parameters)
        return context.forkWorker('vzrollback', String(vmid), async (worker) => {
          await rollbackContainer(worker, context.node, vmid, snapname(parameters))
          if (flag(parameters, 'start')) startSeparately(context, vmid)
        })
      },
    },
  ]
}

const snapname = (parameters: Parameters): string => text(parameters, 'snapname') ?? ''

async function describe({ node }: CallContext, vmid: number, name: string, description: string): Promise<void> {
  const { configs } = node.cluster
  await withConfigLock(node.daemon, vmid, () => {
    const config = configs.load(vmid, node.name)
    configs.write(vmid, node.name, updateSnapshot(config, name, description))
  })
}
