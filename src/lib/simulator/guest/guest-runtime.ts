import type { Readable, Writable } from 'node:stream'
import type { DirectoryNode } from './files/tree.js'
import type { GuestLimits } from './limits.js'
import type { ControllingTerminal } from './machine/program.js'
import type { SignalName } from './machine/signals.js'

/** A file system that is kept in memory, by its present root. */
export interface HostFiles {
  root: DirectoryNode
}

/** A volume id as Proxmox writes it: `local-lvm:vm-101-disk-0`. The runtime treats it as an opaque key. */
export type VolumeId = string

/** What a container's process tree is made from. The engine derives it from the configuration. */
export interface GuestSpec {
  readonly node: string
  readonly vmid: number
  readonly hostname: string
  readonly unprivileged: boolean
  /** Volume id of the root file system. */
  readonly rootfs: VolumeId
  readonly memory: number
  readonly swap: number
  readonly cores: number
  readonly nesting: boolean
  readonly interfaces: readonly GuestNetwork[]
  /** Terminals that the host holds open for it (`tty`). Absent: Proxmox's default of two. */
  readonly terminals?: number
  /** Whether the host holds its console open. Absent: it does. */
  readonly console?: boolean
}

/** One netN line, as far as a guest sees it. */
export interface GuestNetwork {
  readonly name: string
  readonly hardwareAddress: string
  readonly bridge?: string
  /** `10.0.0.5/24`, `dhcp`, `manual`; absent: none. */
  readonly ip?: string
  readonly ip6?: string
  readonly gateway?: string
}

/** An interface of a running guest with the addresses it really has. */
export interface GuestInterface {
  readonly name: string
  readonly hardwareAddress: string
  readonly addresses: readonly {
    readonly family: 'inet' | 'inet6'
    readonly address: string
    readonly prefix: number
  }[]
}

/** What a container uses right now: bytes, seconds of cpu as a fraction 0..1 of all its cores. */
export interface GuestUsage {
  readonly cpu: number
  readonly mem: number
  readonly swap: number
  readonly disk: number
  readonly diskread: number
  readonly diskwrite: number
  readonly netin: number
  readonly netout: number
}

/** A running container as /proc and the cgroups of its node show it. */
export interface GuestInside {
  readonly processes: readonly GuestProcess[]
  readonly limits: GuestLimits
}

export interface GuestProcess {
  /** In the container. */
  readonly pid: number
  /** On the node. */
  readonly hostPid: number
  /** Of one that was started from outside: something that is none of the container's. */
  readonly hostParent: number
  /** The leader of its session is outside too. */
  readonly foreignSession: boolean
  readonly argv: readonly string[]
  /** Path of what it runs, in the container. */
  readonly program: string
}

export interface ExecOptions {
  readonly stdin: Readable
  readonly stdout: Writable
  readonly stderr: Writable
  readonly environment: Readonly<Record<string, string>>
  /** Working directory, when it exists in the guest; else `/`. */
  readonly cwd: string
  /** The terminal that the command shares; a runtime may take its interrupts over. */
  readonly tty?: ControllingTerminal
  /** Aborting kills the command and its children. */
  readonly signal: AbortSignal
  /** Given what sends another signal to the command and its children, which may handle it. */
  readonly onSignals?: (send: (signal: SignalName) => void) => void
}

/** What is absent stays as an existing file has it; a new one gets 0644 and root. */
export interface FileAttributes {
  readonly mode?: number
  readonly uid?: number
  readonly gid?: number
}

/**
 * The part of a node where containers really live. The engine (locks, configuration, tasks) stands in front of it and calls
 * it only when Proxmox would: an implementation needs to know nothing of Proxmox. The built-in one keeps everything in
 * memory; another drives real LXC containers.
 *
 * Errors thrown by these methods become the text of the task error.
 */
export interface GuestRuntime {
  // Volumes: the content of disks. Snapshots are named per volume.
  createVolume(volume: VolumeId, source: { readonly osTemplate: string } | 'empty'): Promise<void>
  copyVolume(from: { readonly volume: VolumeId; readonly snapshot?: string }, to: VolumeId): Promise<void>
  renameVolume(from: VolumeId, to: VolumeId): Promise<void>
  deleteVolume(volume: VolumeId): Promise<void>
  snapshotVolume(volume: VolumeId, snapshot: string): Promise<void>
  rollbackVolume(volume: VolumeId, snapshot: string): Promise<void>
  deleteVolumeSnapshot(volume: VolumeId, snapshot: string): Promise<void>

  // Processes.
  /** Boots the container and resolves with the host process id of its init. */
  start(spec: GuestSpec): Promise<{ readonly pid: number }>
  /** Ends it at once. Resolves when it is gone; no error if it was gone already. */
  kill(vmid: number): Promise<void>
  /** Asks init to shut down; the end is told through onExit. An init that ignores it is possible. */
  requestShutdown(vmid: number): Promise<void>
  isRunning(vmid: number): boolean
  pid(vmid: number): number | undefined
  freeze(vmid: number): Promise<void>
  thaw(vmid: number): Promise<void>
  /** Called whenever a container's init has ended, whoever ended it. Returns a function that stops the calls. */
  onExit(listener: (vmid: number) => void): () => void
  /** Limits changed on a running container: takes effect at once. */
  applyLimits(
    vmid: number,
    limits: { readonly memory: number; readonly swap: number; readonly cores: number },
  ): Promise<void>

  // Inside a running container.
  /** Runs argv as root without a shell; resolves with the exit status (128+N for signal N, 126/127 as a shell has them). */
  exec(vmid: number, argv: readonly string[], options: ExecOptions): Promise<number>
  writeFile(vmid: number, path: string, content: Uint8Array, attributes: FileAttributes): Promise<void>
  readFile(vmid: number, path: string): Promise<Uint8Array>
  interfaces(vmid: number): Promise<readonly GuestInterface[]>
  usage(vmid: number): GuestUsage
  /** What the node's own files tell of it. A runtime on a real machine leaves that to the kernel. */
  inside?(vmid: number): GuestInside | undefined

  // CRIU. `directory` is an absolute path on the node.
  /** Dumps the process tree; with `stop` the container is gone afterwards. Rejects, container running, if it cannot. */
  checkpoint(vmid: number, directory: string, options: { readonly stop: boolean }): Promise<void>
  restore(spec: GuestSpec, directory: string): Promise<{ readonly pid: number }>

  /**
   * The file system of a node itself, if the runtime keeps one: there checkpoints are written, and there the node's shell
   * works. A runtime on a real machine has none of its own.
   */
  hostFiles?(node: string): HostFiles

  /** Node power lost: every process is gone at once, volumes stay. */
  powerOff(node: string): void
  /** State for `--state FILE`, and back. */
  save?(): unknown
  load?(state: unknown): void
}
