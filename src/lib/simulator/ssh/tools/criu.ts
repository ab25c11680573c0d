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

/** What criu 4.1.1 can be asked for by name, but for what the simulated kernel has not. */
const FEATURES: ReadonlySet<string> = new Set(
  `aio_remap apparmor_stacking autofs can_map_vdso cgroupns clone3_set_tid compat_cr external_net_ns fdinfo_lock get_rseq_conf
    has_ipt_legacy ipv6_freebind kcmp_epoll link_nsid loginuid memfd_hugetlb mnt_id move_mount_set_group net_diag_raw
    network_lock_nftables newifindex nftables ns_pid nsid openat2 overlayfs_maps pagemap_scan pidfd_store seccomp_filters
    seccomp_suspend sk_ns sk_unix_file sockopt_buf_lock tcp_half_closed timens timerfd tun tun_ns uffd uffd-noncoop userns`
    .trim()
    .split(/\s+/),
)

async function check(
  options: readonly string[],
  out: (text: string) => Promise<void>,
  err: (text: string) => Promise<void>,
): Promise<number> {
  const feature = options[options.indexOf('--feature') + 1]
  if (options.includes('--feature') && feature !== undefined) {
    if (FEATURES.has(feature)) {
      await out(`${feature} is supported\n`)
      return 0
    }
    const missing = feature === 'mem_dirty_track'
    await err(
      missing
        ? 'Warn  (criu/cr-check.c:824): Dirty tracking is OFF. Memory snapshot will not work.\n'
        : `Error (criu/cr-check.c:1866): Unknown feature ${feature}\n`,
    )
    return 1
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
