import type { ContainerConfig } from './container-config.js'

/** Privileges that a change needs on one ACL path; `message` replaces the detail of the refusal. */
export interface PermissionNeed {
  readonly path: string
  readonly privileges: readonly string[]
  readonly any?: boolean
  readonly message?: string
}

export interface PermissionQuestion {
  readonly vmid: number
  /** Exactly `root@pam`: a token of root is not (PVE-FACTS 3.9). */
  readonly isRootPam: boolean
  readonly unprivileged: boolean
  /** What the container has now; absent at create. */
  readonly config?: ContainerConfig
  /** Default storage of bare sizes at create. */
  readonly storage?: string
}

/** What the caller must hold to change these options, or the detail of a flat refusal: `{forbidden}` goes behind `Permission check failed`. In Proxmox's order of checks. */
export function requiredPermissions(
  _changes: { readonly set: Readonly<Record<string, unknown>>; readonly delete: readonly string[] },
  _question: PermissionQuestion,
): readonly (PermissionNeed | { readonly forbidden: string })[] {
  throw new Error('being built')
}
