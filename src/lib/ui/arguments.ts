import { Args } from '@oclif/core'
import { checkCheckpointName } from '../criu/checkpoint-name.js'
import { checkSnapshotName } from '../instance/snapshot-plan.js'
import { toVmid } from '../pve/vmid.js'
import { asUsage } from './command-error.js'

/** A container or template, by VMID or hostname. */
export const containerArgument = Args.custom<string>({ parse: async (text) => containerReference(text) })

/** The name of a snapshot that is to be. */
export const newSnapshotArgument = Args.custom<string>({
  parse: async (text) => {
    asUsage(() => checkSnapshotName(text))
    return text
  },
})

/** The name of a checkpoint. */
export const checkpointArgument = Args.custom<string>({
  parse: async (text) => {
    checkCheckpointName(text)
    return text
  },
})

/** What names a container: digits are a VMID, anything else is a hostname. Not empty. Error: `usage`. */
export function containerReference(text: string): string {
  if (/^\d+$/.test(text)) asUsage(() => toVmid(text))
  return text
}
