import { VMID } from '../../../api/lxc-parameters.js'
import type { ContainerConfig } from '../../../config/container-config.js'
import { validate } from '../../../schema/validate.js'
import type { ToolIo } from '../tool.js'

/** The VMID of a command line, checked. Throws a 400 ApiError. */
export function vmidOf(text: unknown): number {
  return Number(validate({ vmid: VMID }, { vmid: String(text) }, { cli: true })['vmid'])
}

/** The configuration of a container of this node. Throws the 500 ApiError of a missing file. */
export function configOf(vmid: number, io: ToolIo): ContainerConfig {
  return io.cluster.configs.load(vmid, io.node.name)
}
