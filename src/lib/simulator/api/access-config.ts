/** What somebody may do on an ACL path: a role, or privileges without the detour of a role. */
export interface Grant {
  /** `/`, `/vms`, `/vms/101`, `/storage/local`, `/pool/x` … */
  readonly path: string
  readonly role?: string
  readonly privileges?: readonly string[]
  /** Whether it also holds for everything below the path. Default: true. */
  readonly propagate?: boolean
}

export interface UserConfig {
  /** `name@realm` */
  readonly id: string
  /** Without one the user cannot get a ticket. */
  readonly password?: string
  /** Default: true. */
  readonly enabled?: boolean
  /** Seconds since the epoch; absent or 0: never. */
  readonly expire?: number
  readonly groups?: readonly string[]
  readonly grants?: readonly Grant[]
}

export interface TokenConfig {
  /** `name@realm!token`. A user that is not configured comes into being without rights. */
  readonly id: string
  /** Absent: a random one. */
  readonly secret?: string
  /** Separate privileges: the token has what both its own grants and its user allow. Default: true. */
  readonly privsep?: boolean
  /** Seconds since the epoch; absent or 0: never. */
  readonly expire?: number
  readonly grants?: readonly Grant[]
}

/** Users, tokens and what they may do. `root@pam` always exists. */
export interface AccessConfig {
  readonly users?: readonly UserConfig[]
  readonly tokens?: readonly TokenConfig[]
  /** Rights of groups, by group id. */
  readonly groups?: Readonly<Record<string, readonly Grant[]>>
  /** Roles besides the built-in ones. */
  readonly roles?: Readonly<Record<string, readonly string[]>>
}
