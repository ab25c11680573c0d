import { CmuxError } from '../errors.js'
import { describe } from '../instance/find.js'
import type { TransferOutcome } from '../instance/transfer.js'
import { containerReference } from './arguments.js'

/** A file in a container, as people write it. */
export interface Location {
  readonly container: string
  readonly path: string
}

/** Splits `CONTAINER:/PATH`. Error: `usage`. */
export function splitLocation(text: string): Location {
  const [, container, path] = /^([^:]+):(\/.*)$/s.exec(text) ?? []
  if (container !== undefined && path !== undefined) return { container: containerReference(container), path }
  throw new CmuxError('usage', `'${text}' is not a file in a container`, {
    hint: 'Write CONTAINER:PATH with a VMID or hostname and an absolute path, such as web:/etc/hosts',
  })
}

/** `Copied 12 bytes to /root/x in container 101 (web) on node pve1`. */
export const transferText = (outcome: TransferOutcome, verb: string, direction: 'to' | 'from'): string =>
  `${verb} ${outcome.bytes} bytes ${direction} ${outcome.path} in ${describe(outcome)}`
