/** What can stand in the way of a checkpoint, each with a word of its own: part of the `--json` contract. */
export type BlockerId =
  // Of the node.
  | 'criu-missing'
  | 'criu-check'
  | 'iptables-missing'
  | 'space'
  // Of the container.
  | 'template'
  | 'locked'
  | 'not-running'
  | 'terminals'
  | 'console'
  | 'systemd'
  | 'unprivileged-network'
  | 'fuse'
  | 'mounts'
  | 'apparmor'
  | 'devices'
  | 'connections'
  | 'sockets'
  | 'nested-containers'
  | 'attached'

/** Without these there is nothing to try, and the rest is of no account yet. */
export const FINAL: readonly BlockerId[] = ['criu-missing', 'template', 'locked', 'not-running']

/** Options of the container's configuration that get rid of a blocker, harmless enough to be set by `criu status --fix`. */
export interface Fix {
  readonly set: Readonly<Record<string, number>>
}

export interface Remedy {
  /** What to do: a sentence. */
  readonly text: string
  /** The same as a command line, where it is one. */
  readonly command?: string
  readonly fix?: Fix
}

export interface Blocker {
  readonly id: BlockerId
  /** `blocks`: it will fail. `warns`: it may, or something may be lost. */
  readonly severity: 'blocks' | 'warns'
  /** What it is, and what it does: a sentence. */
  readonly what: string
  /** Absent: it is not possible today, and `what` says so. */
  readonly remedy?: Remedy
}

/** Versions as the programs of the node tell them. Absent: not installed, or not found out. */
export interface NodeVersions {
  readonly criu?: string
  readonly lxc?: string
  readonly kernel: string
}

/** Whether a container can be checkpointed right now, and why not. */
export interface PreflightReport {
  readonly vmid: number
  readonly name: string
  readonly node: string
  /** No blocker that `blocks`. */
  readonly possible: boolean
  /** What leaves nothing to try first, then what cannot be mended, then what can, then warnings; those of its node first in each. */
  readonly blockers: readonly Blocker[]
  readonly versions: NodeVersions
  /** Bytes of memory that its processes hold, about what the images will take. 0 when it does not run. */
  readonly memory: number
  /** Bytes free where the images go. */
  readonly free: number
}
