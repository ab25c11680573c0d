import type { NodeTool } from './tool.js'

/** `criu check` and `criu --version` (PVE-FACTS 7.6); it dumps nothing by itself here. */
export const criu: NodeTool = async (argv, { out, err }) => {
  const [command] = argv
  if (command === '--version' || command === '-V') {
    await out('Version: 4.1.1\n')
    return 0
  }
  if (command === 'check') return check(argv.slice(1), out, err)
  await err(`Error (criu/crtools.c:242): unknown command: ${command ?? ''}\n`)
  return 1
}

/** What criu 4.1.1 can be asked for by name, and whether the simulated kernel has it. */
const FEATURES: ReadonlyMap<string, boolean> = new Map([
  ...`aio_remap apparmor_stacking autofs can_map_vdso cgroupns clone3_set_tid compel external_net_ns fdinfo_lock get_rseq_conf
    has_ipt_legacy ipv6_freebind kcmp link_nsid loginuid membarrier_get_registrations move_mount_set_group net_diag_raw
    network_lock_iptables network_lock_nftables newifindex nftables nsid openat2 overlayfs_maps pagemap_scan pidfd_store
    seccomp_filters seccomp_suspend sk_ns sk_unix_file timens timer_cr_ids timerfd tun tun_ns uffd uffd-noncoop userns`
    .split(/\s+/)
    .map((name) => [name, true] as const),
  ['lazy_pages', false],
  ['mem_dirty_track', false],
])

async function check(
  options: readonly string[],
  out: (text: string) => Promise<void>,
  err: (text: string) => Promise<void>,
): Promise<number> {
  const feature = options[options.indexOf('--feature') + 1]
  if (options.includes('--feature') && feature !== undefined) {
    const supported = FEATURES.get(feature)
    if (supported === undefined) {
      await err(`Error (criu/cr-check.c:1939): Unknown feature: ${feature}\n`)
      return 1
    }
    await out(`${feature} is ${supported ? '' : 'not '}supported\n`)
    return supported ? 0 : 1
  }
  if (options.includes('--all') || options.includes('--extra')) {
    await out(
      'Looks good but some kernel features are missing\nwhich, depending on your process tree, may cause\ndump or restore failure.\n',
    )
    return 1
  }
  await out('Looks good.\n')
  return 0
}
