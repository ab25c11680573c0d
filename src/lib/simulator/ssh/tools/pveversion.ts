import type { NodeTool } from './tool.js'

const KERNEL = '6.14.8-2-pve'
/** Packages of `pveversion -v` that the toolkit looks at, and a few that people expect. */
const PACKAGES: readonly (readonly [string, string])[] = [
  ['ceph-fuse', '19.2.3-pve1'],
  ['corosync', '3.1.9-pve2'],
  ['criu', '4.1.1-1'],
  ['ifupdown2', '3.3.0-1+pmx10'],
  ['libpve-access-control', '9.1.1'],
  ['libpve-common-perl', '9.2.1'],
  ['libpve-guest-common-perl', '6.0.2'],
  ['libpve-http-server-perl', '6.0.5'],
  ['libpve-storage-perl', '9.1.7'],
  ['lxc-pve', '6.0.5-3'],
  ['lxcfs', '6.0.4-pve1'],
  ['pve-cluster', '9.1.6'],
  ['pve-container', '6.1.10'],
]

/** `pveversion [-v]` (PVE-FACTS 7.5). */
export const pveversion: NodeTool = async (argv, { cluster, out, err }) => {
  const { version, repoid } = cluster.version
  const verbose = ['-v', '--verbose', '-verbose'].includes(argv[0] ?? '')
  if (argv.length > (verbose ? 1 : 0)) {
    await err('USAGE: pveversion [--verbose]\n')
    return 255
  }
  if (!verbose) {
    await out(`pve-manager/${version}/${repoid} (running kernel: ${KERNEL})\n`)
    return 0
  }
  const release = version.split('.').slice(0, 2).join('.')
  const lines = [
    `proxmox-ve: ${release}.0 (running kernel: ${KERNEL})`,
    `pve-manager: ${version} (running version: ${version}/${repoid})`,
    ...PACKAGES.map(([name, number]) => `${name}: ${number}`),
  ]
  await out(lines.map((line) => `${line}\n`).join(''))
  return 0
}
