import { baseCommandNames } from '../commands/index.js'
import type { DirectoryNode } from '../files/tree.js'
import { commonLayout } from './layout.js'

/** Commands of a Proxmox node that talk to its API or to LXC. */
const NODE_TOOLS = [
  'pct',
  'pvesh',
  'pvesm',
  'pveam',
  'pveversion',
  'lxc-checkpoint',
  'lxc-info',
  'lxc-cgroup',
  'criu',
  'iptables-restore',
] as const

/** The first file system of a simulated node, as much of it as its shell shows. */
export function hostSystem(node: string): DirectoryNode {
  return commonLayout({
    passwd:
      'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n',
    group: 'root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n',
  })
    .link('/bin', 'usr/bin')
    .link('/sbin', 'usr/sbin')
    .text('/etc/hostname', `${node}\n`)
    .text(
      '/etc/os-release',
      'PRETTY_NAME="Debian GNU/Linux 13 (trixie)"\nNAME="Debian GNU/Linux"\nVERSION_ID="13"\nVERSION_CODENAME=trixie\nID=debian\n',
    )
    .text('/etc/motd', 'This is a simulated Proxmox VE node.\n')
    .directories(
      '/etc/pve',
      '/var/lib/vz/dump',
      '/var/lib/vz/template/cache',
      '/var/lib/vz/snippets',
      '/sys/fs',
      '/var/lib/lxc',
      '/var/log/pve/tasks',
      '/run/lock/lxc',
      '/var/lib/cmux-pve',
    )
    .binaries('/usr/bin', [...baseCommandNames(), 'bash'])
    .binary('/usr/bin/dash', 'sh')
    .link('/usr/bin/sh', 'dash')
    .binaries('/usr/sbin', NODE_TOOLS).root
}
