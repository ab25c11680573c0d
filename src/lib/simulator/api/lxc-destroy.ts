import { checkDestroyable, destroyContainer } from '../lxc/destroy.js'
import { CONTAINER, FLAG, flag, vmidOf } from './lxc-parameters.js'
import type { ApiMethod } from './method.js'

/** DELETE of a container (PVE-FACTS 3.7). */
export function lxcDestroyMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'DELETE',
      path: '/nodes/{node}/lxc/{vmid}',
      protected: true,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Allocate'] },
      parameters: {
        ...CONTAINER,
        force: FLAG,
        purge: FLAG,
        'destroy-unreferenced-disks': { type: 'boolean', optional: true },
      },
      handler: (parameters, context) => {
        const vmid = vmidOf(parameters)
        const request = {
          vmid,
          force: flag(parameters, 'force'),
          purge: flag(parameters, 'purge'),
          destroyUnreferencedDisks: flag(parameters, 'destroy-unreferenced-disks'),
        }
        checkDestroyable(context.node, request)
        return context.forkWorker('vzdestroy', String(vmid), (worker) =>
          destroyContainer(worker, context.node, request),
        )
      },
    },
  ]
}
