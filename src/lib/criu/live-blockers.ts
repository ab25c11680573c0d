import type { LiveFacts, LiveProcess } from './container-facts.js'
import { type NodeFacts, precedes } from './node-facts.js'
import type { Blocker } from './preflight-report.js'

/** What of a container's processes, mounts and sockets stands in the way. Pure. */
export function liveBlockers(live: LiveFacts, node: NodeFacts): readonly Blocker[] {
  return [
    ...systemd(live),
    ...nestedContainers(live),
    ...attached(live),
    ...mounts(live),
    ...heldDevices(live),
    ...sockets(live, node),
    ...connections(live),
    ...apparmor(live),
  ]
}

/** `Can't make utsns id`, `anon_inode:bpf-prog` (LAB-FACTS). */
function systemd({ program }: LiveFacts): readonly Blocker[] {
  if (!/\/systemd$/.test(program)) return []
  return [
    {
      id: 'systemd',
      severity: 'blocks',
      what: 'Its init is systemd, which holds namespaces and BPF programs that criu cannot dump. Not possible today: use a system with a small init, such as Alpine or busybox',
    },
  ]
}

const ENGINES = /^(?:dockerd|containerd|containerd-shim.*|runc|crio|conmon|podman|lxc-start|lxcfs)$/

function nestedContainers({ processes }: LiveFacts): readonly Blocker[] {
  const engines = processes.filter(({ name }) => ENGINES.test(name))
  if (engines.length === 0) return []
  return [
    {
      id: 'nested-containers',
      severity: 'blocks',
      what: `Containers are run inside it (${names(engines)}), and criu cannot dump those through LXC`,
      remedy: { text: 'Stop them and their engine before, and start them after the restore' },
    },
  ]
}

/** What `pct exec` and `pct enter` start belongs to a session outside, and so do its children: `A session leader … is outside`. */
function attached({ processes, init }: LiveFacts): readonly Blocker[] {
  const pids = new Set(processes.map(({ pid }) => pid))
  const strangers = processes.filter(
    ({ pid, parent, foreignSession }) => pid !== init && (foreignSession || !pids.has(parent)),
  )
  if (strangers.length === 0) return []
  return [
    {
      id: 'attached',
      severity: 'blocks',
      what: `Something runs in it that was started from outside (${names(strangers)}), by \`instance shell\`, \`instance exec\` or pct`,
      remedy: { text: 'Leave the shell, or wait for the command to end; what shall go on must be started with setsid' },
    },
  ]
}

/** File systems that criu knows to bring back, or that come from the host with the container (criu/filesystems.c names them). */
const KNOWN_MOUNTS = new Set(
  (
    'aufs autofs binfmt_misc btrfs cgroup cgroup2 debugfs devpts devtmpfs ext2 ext3 ext4 fusectl hugetlbfs mqueue overlay proc pstore ' +
    'securityfs simfs sysfs tmpfs tracefs xfs zfs'
  ).split(' '),
)

function mounts({ mounts: all }: LiveFacts): readonly Blocker[] {
  const fuse = all.filter(({ type }) => type.startsWith('fuse') && type !== 'fuse.lxcfs' && type !== 'fusectl')
  const other = all.filter(({ type }) => !type.startsWith('fuse') && !KNOWN_MOUNTS.has(type))
  const list = (some: LiveFacts['mounts']) => some.map(({ point, type }) => `${point} (${type})`).join(', ')
  return [
    ...(fuse.length === 0
      ? []
      : [
          {
            id: 'fuse',
            severity: 'blocks',
            what: `It has FUSE file systems mounted, which criu cannot dump: ${list(fuse)}`,
            remedy: {
              text: 'Unmount them in the container',
              command: `umount ${fuse.map(({ point }) => point).join(' ')}`,
            },
          } as const,
        ]),
    ...(other.length === 0
      ? []
      : [
          {
            id: 'mounts',
            severity: 'warns',
            what: `It has file systems mounted that criu may not bring back: ${list(other)}`,
            remedy: { text: 'Unmount them in the container when it fails' },
          } as const,
        ]),
  ]
}

/** A container's own, or without a state. */
const PLAIN_DEVICE =
  /^\/dev\/(?:null|zero|full|u?random|tty|console|ptmx|pts\/.*|tty\d+|lxc\/.*|shm\/.*|log|initctl|mqueue\/.*)$/
const FOREIGN_INODE =
  /^anon_inode:\[?(?:bpf[-_]prog|bpf[-_]link|btf|perf_event|io_uring|userfaultfd|kvm.*|fuse.*|seccomp notify|landlock.*)\]?$/

function heldDevices({ descriptors, processes }: LiveFacts): readonly Blocker[] {
  const held = descriptors.filter(
    ({ target }) => FOREIGN_INODE.test(target) || (target.startsWith('/dev/') && !PLAIN_DEVICE.test(target)),
  )
  if (held.length === 0) return []
  const byName = held.map(({ pid, target }) => `${nameOf(processes, pid)}: ${target}`)
  return [
    {
      id: 'devices',
      severity: 'blocks',
      what: `Processes hold open what criu cannot dump (${[...new Set(byName)].join(', ')})`,
      remedy: { text: 'End these processes before' },
    },
  ]
}

/**
 * From Linux 6.16 on a socket that is none of UNIX's does not tell options that criu before 4.2 asks every one for: `Can't get 1:34 opt:
 * Operation not supported` (LAB-FACTS; criu issue 2705).
 */
function sockets({ sockets: all }: LiveFacts, { kernel, criu }: NodeFacts): readonly Blocker[] {
  if (all.length === 0 || precedes(kernel, '6.16') || !precedes(criu, '4.2')) return []
  return [
    {
      id: 'sockets',
      severity: 'blocks',
      what: `Its processes have ${count(all.length, 'network socket')} open, and criu ${criu} cannot dump any on Linux 6.16 or newer (this is ${kernel})`,
      remedy: { text: 'Install criu 4.2 or newer on the node, or end what listens, is connected or waits for DHCP' },
    },
  ]
}

function connections({ sockets: all }: LiveFacts): readonly Blocker[] {
  const open = all.filter(({ established }) => established).length
  if (open === 0) return []
  return [
    {
      id: 'connections',
      severity: 'warns',
      what: `${count(open, 'TCP connection')} open: the other side may give up while it sleeps`,
    },
  ]
}

function apparmor({ label }: LiveFacts): readonly Blocker[] {
  if (/^unconfined|^$/.test(label)) return []
  return [
    {
      id: 'apparmor',
      severity: 'warns',
      what: `It runs under the AppArmor profile ${label.replace(/ \(.*\)$/, '')}, which criu may not be able to bring back`,
    },
  ]
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const names = (processes: readonly LiveProcess[]): string => [...new Set(processes.map(({ name }) => name))].join(', ')

const nameOf = (processes: readonly LiveProcess[], pid: number): string =>
  processes.find((process) => process.pid === pid)?.name ?? `process ${pid}`
