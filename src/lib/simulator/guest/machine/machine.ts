import type { Clock } from '../../../clock.js'
import type { FileSystem } from '../files/file-system.js'
import type { GuestInterface } from '../guest-runtime.js'
import type { ExecFault } from './exec-faults.js'
import type { FileLocks } from './file-locks.js'
import type { ProcessTable } from './process-table.js'
import type { Program } from './program.js'

/** Randomness comes in from outside, so that a seed replays everything. */
export interface GuestRandom {
  integer(min: number, max: number): number
  hex(digits: number): string
}

/** What a machine's programs can ask about the hardware and the kernel under them. */
interface Hardware {
  readonly kernelRelease: string
  readonly cores: number
  /** Bytes. */
  readonly memory: number
  readonly swap: number
  readonly disk: number
}

export type ServiceState =
  | { readonly kind: 'running'; readonly pid: number }
  | { readonly kind: 'exited' }
  | { readonly kind: 'failed'; readonly status: number }

/** A running system as its programs see it: a container, or the node itself. */
export interface Machine {
  readonly files: FileSystem
  readonly processes: ProcessTable
  readonly locks: FileLocks
  readonly clock: Clock
  readonly random: GuestRandom
  /** When the machine was started, in milliseconds since the epoch. */
  readonly bootedAt: number
  readonly hardware: Hardware
  readonly hostname: () => string
  /** Until the next boot. */
  readonly rename: (hostname: string) => void
  readonly interfaces: () => readonly GuestInterface[]
  /** The program behind an executable file's mark (see program.ts). */
  readonly program: (name: string) => Program | undefined
  /** What a fault script orders for a command line. */
  readonly fault: (commandLine: string) => ExecFault | undefined
  /** What became of the services that were started since boot. What is enabled is in the file system. */
  readonly services: Map<string, ServiceState>
  /** init is asked to end the machine. */
  readonly shutdown: (kind: 'poweroff' | 'reboot') => void
}
