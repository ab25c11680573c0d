import { configLockPath } from '../lxc/flock.js'
import { checkConvertible, convertToTemplate } from '../lxc/template.js'
import { CONTAINER, vmidOf } from './lxc-parameters.js'
import type { ApiMethod } from './method.js'

/** POST …/template: answers null while its task runs, which holds F to its end (PVE-FACTS 3.4). */
export function lxcTemplateMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'POST',
      path: '/nodes/{node}/lxc/{vmid}/template',
      protected: true,
      onNode: true,
      permissions: { path: '/vms/{vmid}', privileges: ['VM.Allocate'] },
      parameters: CONTAINER,
      handler: async (parameters, context) => {
        const { node } = context
        const vmid = vmidOf(parameters)
        const inherit = await node.daemon.flock({ path: configLockPath(vmid), timeoutMs: 10_000 })
        try {
          checkConvertible(node, vmid)
        } catch (error) {
          inherit.release()
          throw error
        }
        await context.forkWorker('vztemplate', String(vmid), (worker) => convertToTemplate(worker, node, vmid), {
          inherit,
        })
        return null
      },
    },
  ]
}
