import { storageOf } from '../lxc/disks.js'
import { lockForMove, moveVolume } from '../lxc/move-volume.js'
import { checkReassignable, reassignVolume } from '../lxc/reassign-volume.js'
import { planResize, resizeDisk } from '../lxc/resize.js'
import { die, parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import { bridgeMtu, CONTAINER, DIGEST, FLAG, flag, number, text, VMID, vmidOf } from './lxc-parameters.js'
import type { ApiMethod, Parameters } from './method.js'

const MOUNT_POINTS = ['rootfs', ...Array.from({ length: 256 }, (_, index) => `mp${index}`)]
const UNUSED = Array.from({ length: 256 }, (_, index) => `unused${index}`)
const CONFIG_DISK = { path: '/vms/{vmid}', privileges: ['VM.Config.Disk'] }

/** Changes of a container's disks (PVE-FACTS 3.10). */
export function lxcDiskMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'PUT',
      path: '/nodes/{node}/lxc/{vmid}/resize',
      protected: true,
      onNode: true,
      permissions: { ...CONFIG_DISK, any: true },
      parameters: {
        ...CONTAINER,
        disk: { type: 'string', enum: MOUNT_POINTS },
        size: { type: 'string', pattern: '\\+?\\d+(\\.\\d+)?[KMGT]?' },
        digest: DIGEST,
      },
      handler: resize,
    },
    {
      method: 'POST',
      path: '/nodes/{node}/lxc/{vmid}/move_volume',
      protected: true,
      onNode: true,
      permissions: CONFIG_DISK,
      parameters: {
        ...CONTAINER,
        'target-vmid': { ...VMID, optional: true },
        volume: { type: 'string', enum: [...MOUNT_POINTS, ...UNUSED] },
        storage: { type: 'string', format: 'pve-storage-id', optional: true },
        delete: FLAG,
        digest: DIGEST,
        bwlimit: { type: 'number', optional: true, minimum: 0 },
        'target-volume': { type: 'string', enum: [...MOUNT_POINTS, ...UNUSED], optional: true },
        'target-digest': DIGEST,
      },
      handler: move,
    },
  ]
}

function resize(parameters: Parameters, context: CallContext): Promise<string> {
  const { node } = context
  const vmid = vmidOf(parameters)
  const digest = text(parameters, 'digest')
  const request = {
    vmid,
    disk: text(parameters, 'disk') ?? '',
    size: text(parameters, 'size') ?? '',
    ...(digest === undefined ? {} : { digest }),
  }
  const { disk } = planResize(node, request)
  context.check(`/storage/${storageOf(disk.volume)}`, ['Datastore.AllocateSpace'])
  return context.forkWorker('resize', String(vmid), (worker) => resizeDisk(worker, node, request))
}

async function move(parameters: Parameters, context: CallContext): Promise<string> {
  const { node } = context
  const vmid = vmidOf(parameters)
  const storage = text(parameters, 'storage')
  const targetVmid = number(parameters, 'target-vmid')
  if (storage !== undefined && targetVmid !== undefined) die('either set storage or target-vmid, but not both')
  if (targetVmid !== undefined) return reassign(parameters, targetVmid, context)
  if (storage === undefined) {
    const message = "both 'storage' and 'target-vmid' missing, either needs to be set"
    throw parameterError({ storage: message, 'target-vmid': message })
  }
  context.check(`/storage/${storage}`, ['Datastore.AllocateSpace'])
  const digest = text(parameters, 'digest')
  const request = {
    vmid,
    name: text(parameters, 'volume') ?? '',
    storage,
    remove: flag(parameters, 'delete'),
    ...(digest === undefined ? {} : { digest }),
  }
  const volume = await lockForMove(node.daemon, node, request)
  return context.forkWorker('move_volume', String(vmid), (worker) => moveVolume(worker, node, request, volume))
}

function reassign(parameters: Parameters, targetVmid: number, context: CallContext): Promise<string> {
  const { node } = context
  const vmid = vmidOf(parameters)
  const name = text(parameters, 'volume') ?? ''
  const targetName = text(parameters, 'target-volume') ?? name
  const digest = text(parameters, 'digest')
  const targetDigest = text(parameters, 'target-digest')
  context.check(`/vms/${targetVmid}`, ['VM.Config.Disk'])
  const request = {
    ...{ vmid, targetVmid, name, targetName, bridgeMtu: bridgeMtu(context) },
    ...(digest === undefined ? {} : { digest }),
    ...(targetDigest === undefined ? {} : { targetDigest }),
  }
  const volume = checkReassignable(node, request)
  context.check(`/storage/${storageOf(volume)}`, ['Datastore.AllocateSpace'])
  const id = `${vmid}-${name}>${targetVmid}-${targetName}`
  return context.forkWorker('move_volume', id, (worker) => reassignVolume(worker, node, request))
}
