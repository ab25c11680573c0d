import { CmuxError, isCmuxError } from '../errors.js'
import { recordIn } from '../pool/record-codec.js'
import type { ContainerAddress, ContainerConfig, ContainerStatus } from '../pve/client.js'
import { classifyText } from '../pve/errors.js'

/** A container as it is right now, as far as its deletion depends on it. */
export interface Deletable {
  readonly ct: ContainerAddress
  readonly config: Pick<ContainerConfig, 'lock' | 'options' | 'description'>
  readonly status: ContainerStatus['status']
}

/**
 * The error with which Proxmox would refuse to delete a container, in its words and its order (PVE-FACTS 3.7): what a dry run has to say in place of
 * it. Undefined: it would begin. Resources of high availability and replication jobs are not known here. Pure.
 */
export function deletionRefusal({ ct, config, status }: Deletable, force: boolean): CmuxError | undefined {
  const text = refusalText(Number(ct.vmid), config, status, force)
  if (text === undefined) return undefined
  const { code = 'failed', hint } = classifyText(text, String(ct.vmid)) ?? {}
  return new CmuxError(code, `container ${ct.vmid} on node ${ct.node}: ${text}`, hint === undefined ? {} : { hint })
}

function refusalText(
  vmid: number,
  { lock, options }: Deletable['config'],
  status: Deletable['status'],
  force: boolean,
): string | undefined {
  if (Number(options['protection'] ?? 0) === 1) return `can't remove CT ${vmid} - protection mode enabled`
  if (lock !== undefined) return `CT is locked (${lock})`
  if (status === 'running' && !force) return `unable to destroy CT ${vmid} - container is running`
  return undefined
}

/**
 * What a refusal says of a container that a pool keeps: its protection is the pool's, and to take it away by hand would leave the pool with a container
 * it can no longer vouch for. A clone that somebody made of one carries its record too, and is not the pool's.
 */
export function adviceForPooled(error: unknown, ct: ContainerAddress, description: string | undefined): unknown {
  if (!isCmuxError(error, 'conflict')) return error
  const record = recordIn(description)
  if (record === undefined || Number(record.vmid) !== Number(ct.vmid)) return error
  return new CmuxError(error.code, error.message, {
    hint: `It belongs to pool ${record.pool} (${record.state}): \`cmux-pve pool remove ${ct.vmid}\` destroys it, and the pool knows of it.`,
    cause: error,
  })
}
