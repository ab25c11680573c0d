export type PveVersion = '9.2' | '8.4'

/** What differs between the versions, as PVE-FACTS marks it with [since …]. */
export interface VersionTraits {
  readonly name: PveVersion
  /** As `GET /version` tells it. */
  readonly version: string
  /** Sixteen hexadecimal digits on a real node; the suffix says that this one is none. */
  readonly repoid: string
  /** A container is unprivileged unless told otherwise (3.2). */
  readonly unprivilegedByDefault: boolean
  /** Every failed authentication says only `Authentication failed!` (1.3). */
  readonly hidesAuthenticationCause: boolean
  /** vzstart and the hooks after create and clone warn about systemd without nesting (2.3). */
  readonly warnsAboutNesting: boolean
  /** status has the pressure stall figures (3.1). */
  readonly pressure: boolean
  /** /cluster/resources lists networks as type `network`, not `sdn` (5). */
  readonly networkResources: boolean
  /** Column headings of `pvesm status` name the unit (7.5). */
  readonly pvesmUnits: boolean
  /** `pveam available` has a column for the architecture (7.5). */
  readonly pveamArchitecture: boolean
  /** The used memory of a node is what is not available (5). */
  readonly memoryUsedWithoutCaches: boolean
}

const VERSIONS: Readonly<Record<PveVersion, VersionTraits>> = {
  '9.2': {
    name: '9.2',
    version: '9.2.11',
    repoid: '7c1d5a90e3b24f68-simulated',
    unprivilegedByDefault: true,
    hidesAuthenticationCause: true,
    warnsAboutNesting: true,
    pressure: true,
    networkResources: true,
    pvesmUnits: true,
    pveamArchitecture: true,
    memoryUsedWithoutCaches: true,
  },
  '8.4': {
    name: '8.4',
    version: '8.4.14',
    repoid: 'b502d4dcd3e1f2a9-simulated',
    unprivilegedByDefault: false,
    hidesAuthenticationCause: false,
    warnsAboutNesting: false,
    pressure: false,
    networkResources: false,
    pvesmUnits: false,
    pveamArchitecture: false,
    memoryUsedWithoutCaches: false,
  },
}

export function versionTraits(version: PveVersion): VersionTraits {
  return VERSIONS[version]
}
