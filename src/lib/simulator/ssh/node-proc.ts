import type { Cluster } from '../cluster.js'
import { generatedContent } from '../guest/files/content.js'
import type { View } from '../guest/files/file-system.js'
import { procfs } from '../guest/files/procfs.js'
import { type DirectoryNode, directory, file, symlink, type TreeNode } from '../guest/files/tree.js'
import type { GuestProcess } from '../guest/guest-runtime.js'
import type { Machine } from '../guest/machine/machine.js'

/** /proc of a node: its own processes, and those of its containers, which have a second number inside. */
export function nodeProc(cluster: Cluster, name: string, machine: () => Machine): View {
  const own = procfs(machine)
  const ofContainer = (pid: string) => containerProcesses(cluster, name).find(({ hostPid }) => String(hostPid) === pid)
  return {
    lookup(path) {
      const [first, ...rest] = path
      if (first === undefined) return withContainers(own.lookup([]), containerProcesses(cluster, name))
      const found = /^\d+$/.test(first) ? ofContainer(first) : undefined
      return found === undefined ? own.lookup(path) : below(processFolder(found), rest)
    },
  }
}

interface ContainerProcess extends GuestProcess {
  readonly vmid: number
}

function containerProcesses({ guests, nodes }: Cluster, name: string): readonly ContainerProcess[] {
  return (nodes.get(name)?.monitor.vmids() ?? []).flatMap((vmid) =>
    (guests.inside?.(vmid)?.processes ?? []).map((process) => ({ ...process, vmid })),
  )
}

function withContainers(root: TreeNode | undefined, processes: readonly ContainerProcess[]): TreeNode | undefined {
  if (root?.kind !== 'directory') return root
  const entries = new Map(root.entries)
  for (const process of processes) entries.set(String(process.hostPid), processFolder(process))
  return { ...root, entries }
}

function processFolder(process: ContainerProcess): DirectoryNode {
  const { vmid, pid, hostPid, hostParent, foreignSession, argv, program } = process
  const name = (program.split('/').at(-1) ?? '').slice(0, 15)
  const systemd = pid === 1 && name === 'systemd'
  const names = { pid: 1, net: 2, mnt: 3, uts: 4, ipc: 5, cgroup: 6 }
  return folder([
    ['cmdline', text(`${argv.join('\0')}\0`)],
    ['comm', text(`${name}\n`)],
    [
      'status',
      text(
        `Name:\t${name}\nState:\tS (sleeping)\nTgid:\t${hostPid}\nPid:\t${hostPid}\nPPid:\t${hostParent}\nNSpid:\t${hostPid}\t${pid}\nNSsid:\t${hostPid}\t${foreignSession ? 0 : pid}\nVmRSS:\t     128 kB\nRssAnon:\t      64 kB\nRssFile:\t      64 kB\nRssShmem:\t       0 kB\n`,
      ),
    ],
    ['exe', symlink(program)],
    ['cgroup', text(`0::/lxc/${vmid}/ns${systemd ? '/init.scope' : ''}\n`)],
    ['attr', folder([['current', text('unconfined\n')]])],
    ['mountinfo', text(MOUNTS)],
    ['ns', folder(Object.entries(names).map(([kind, digit]) => [kind, symlink(`${kind}:[40265${vmid}${digit}]`)]))],
    ['net', folder(TABLES.map((table) => [table, text('  sl  local_address rem_address   st\n')]))],
    [
      'fd',
      folder([
        ...['0', '1', '2'].map((number) => [number, symlink('/dev/null')] as const),
        ...(systemd ? [['9', symlink('anon_inode:bpf-prog')] as const] : []),
      ]),
    ],
  ])
}

const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'raw', 'raw6', 'packet'] as const

const MOUNTS = [
  '512 411 7:0 / / rw,relatime shared:1 - ext4 /dev/loop0 rw',
  '513 512 0:60 / /dev rw,relatime - tmpfs none rw,size=492k',
  '514 512 0:61 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw',
  '515 512 0:62 / /sys rw,nosuid,nodev,noexec,relatime - sysfs sysfs rw',
  '516 515 0:26 / /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime - cgroup2 none rw',
  '517 513 0:63 / /dev/pts rw,nosuid,noexec,relatime - devpts devpts rw,gid=5,mode=620,ptmxmode=666',
  '',
].join('\n')

const text = (content: string): TreeNode =>
  file(
    generatedContent(() => content),
    { mode: 0o444 },
  )

const folder = (entries: readonly (readonly [string, TreeNode])[]): DirectoryNode => ({
  ...directory({ mode: 0o555 }),
  entries: new Map(entries),
})

function below(root: DirectoryNode, path: readonly string[]): TreeNode | undefined {
  let node: TreeNode | undefined = root
  for (const name of path) node = node?.kind === 'directory' ? node.entries.get(name) : undefined
  return node
}
