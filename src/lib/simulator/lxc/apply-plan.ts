import type { AppliedChanges } from '../config/apply-pending.js'
import type { ContainerConfig } from '../config/container-config.js'
import { fillVolumes } from '../config/new-volume.js'
import { changeFailed } from '../config/update.js'
import type { Node } from '../node.js'

/** Allocates and frees what changes of the configuration ask for, then writes it. Answers what was written; 400 when a storage refuses. */
export async function applyPlan(
  node: Node,
  vmid: number,
  plan: AppliedChanges,
  { running, print }: { readonly running: boolean; readonly print: (line: string) => void },
): Promise<ContainerConfig> {
  const { storages, configs, volumeFacts } = node.cluster
  const context = { node: node.name, print }
  const volumes: Record<string, { volid: string; size: number }> = {}
  for (const { option, storage, size } of plan.allocate) {
    try {
      storages.checkContentType(storage, 'rootdir')
      const volid = await node.daemon.run(storages.allocate({ storage, vmid, size }, context))
      volumes[option] = { volid, size }
    } catch (error) {
      for (const { volid } of Object.values(volumes)) await node.daemon.run(storages.free(volid, context))
      throw changeFailed(option, `${error instanceof Error ? error.message : String(error)}\n`, running)
    }
  }
  for (const volid of plan.free) {
    await node.daemon.run(storages.free(volid, context))
    volumeFacts.forget(volid)
  }
  return configs.write(vmid, node.name, fillVolumes(plan.config, volumes))
}
