import type { Clock } from '../../clock.js'
import type { GuestRuntime } from './guest-runtime.js'
import type { ExecFaults } from './machine/exec-faults.js'
import type { GuestRandom } from './machine/machine.js'

export interface BuiltinGuestsOptions {
  readonly clock: Clock
  readonly random: GuestRandom
  /** Asked with `exec:<command line>` before a command runs in a container. */
  readonly faults?: ExecFaults
}

/** Containers that exist only in this process's memory: file systems, a shell and its commands, processes, addresses. */
export function createBuiltinGuests(options: BuiltinGuestsOptions): GuestRuntime {
  throw new Error(`not yet: ${typeof options}`)
}
