/** One entry of the list of templates that can be downloaded (PVE-FACTS 5). */
export interface Appliance {
  readonly package: string
  readonly version: string
  readonly os: string
  readonly section: 'system' | 'turnkeylinux' | 'mail'
  /** The file's ending. */
  readonly suffix: 'tar.zst' | 'tar.gz' | 'tar.xz'
  readonly headline: string
  readonly infopage: string
  /** Bytes of the download. */
  readonly size: number
}

const MIB = 1024 * 1024

/** A handful of what Proxmox offers. */
export const APPLIANCES: readonly Appliance[] = [
  system(
    'almalinux-10-default',
    '20250930',
    'almalinux-10',
    'tar.xz',
    100,
    'LXC default image for almalinux 10 (20250930)',
  ),
  system('alpine-3.22-default', '20250617', 'alpine', 'tar.xz', 3, 'LXC default image for alpine 3.22 (20250617)'),
  system('archlinux-base', '20240911-1', 'archlinux', 'tar.zst', 133, 'ArchLinux base image.'),
  system('debian-12-standard', '12.12-1', 'debian-12', 'tar.zst', 121, 'Debian 12 Bookworm (standard)'),
  system('debian-13-standard', '13.1-2', 'debian-13', 'tar.zst', 123, 'Debian 13 Trixie (standard)'),
  system('fedora-42-default', '20250428', 'fedora-42', 'tar.xz', 103, 'LXC default image for fedora 42 (20250428)'),
  system('ubuntu-22.04-standard', '22.04-1', 'ubuntu-22.04', 'tar.zst', 124, 'Ubuntu 22.04 Jammy (standard)'),
  system('ubuntu-24.04-standard', '24.04-2', 'ubuntu-24.04', 'tar.zst', 135, 'Ubuntu 24.04 Noble (standard)'),
]

/** `debian-12-standard_12.12-1_amd64.tar.zst`: how an appliance is asked for. */
export function applianceFile({ package: name, version, suffix }: Appliance): string {
  return `${name}_${version}_amd64.${suffix}`
}

/** Where an appliance comes from. */
export function applianceSource(appliance: Appliance): string {
  return `http://download.proxmox.com/images/${appliance.section}/${applianceFile(appliance)}`
}

function system(
  name: string,
  version: string,
  os: string,
  suffix: Appliance['suffix'],
  mib: number,
  headline: string,
): Appliance {
  return {
    package: name,
    version,
    os,
    section: 'system',
    suffix,
    headline,
    infopage: 'https://linuxcontainers.org',
    size: mib * MIB,
  }
}
