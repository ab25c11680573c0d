import { ApiError } from '../api/api-error.js'
import type { ContainerConfig } from '../config/container-config.js'
import type { UpdatePlan } from '../config/update.js'
import { fillVolumes } from '../config/update.js'
import type { Node } from '../node.js'

/** Allocates and frees what an update of the configuration asks for, then writes it. Answers what was written. */
export async function applyPlan(
  node: Node,
  vmid: number,
  plan: UpdatePlan,
  print: (line: string) => void,
): Promise<ContainerConfig> {
  const { storages, configs } = node.cluster
  const context = { node: node.name, print }
  for (const warning of plan.warnings) print(warning)
  const volumes: Record<string, { volid: string; size: number }> = {}
  for (const { option, storage, size } of plan.allocate) {
    try {
      const volid = await node.daemon.run(storages.allocate({ storage, vmid, size }, context))
      volumes[option] = { volid, size }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error)
      throw new ApiError(400, 'Parameter verification failed.', {
        [option]: `unable to apply pending change ${option} : ${text}\n`,
      })
    }
  }
  for (const volid of plan.free) await node.daemon.run(storages.free(volid, context))
  return configs.write(vmid, node.name, fillVolumes(plan.config, volumes))
}
