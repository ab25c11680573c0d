import { chmod, lchown, lstat, mkdir, opendir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { GuestNetwork, GuestSpec } from '../../../src/lib/simulator/guest/guest-runtime.js'
import { FIRST_HOST_ID } from './container-config.js'

/** Makes a root file system ready for a start: its files, and owners that fit the container's user namespace. */
export async function prepareGuest(rootfs: string, spec: GuestSpec): Promise<void> {
  for (const [name, text] of Object.entries(guestFiles(spec))) {
    const file = join(rootfs, name)
    await mkdir(dirname(file), { recursive: true })
    // Never through a link that was left there.
    await rm(file, { force: true })
    await writeFile(file, text, { mode: 0o755 })
  }
  if (spec.unprivileged) await shiftOwners(rootfs)
}

/** What is written into a stopped container's root file system before it starts: its names, and how its network comes up. */
function guestFiles({ hostname, interfaces }: GuestSpec): Readonly<Record<string, string>> {
  return {
    'etc/hostname': `${hostname}\n`,
    'etc/hosts': `127.0.0.1 localhost\n::1 localhost\n127.0.1.1 ${hostname}\n`,
    'etc/inittab': '::sysinit:/bin/sh /etc/network/start\n',
    'etc/network/start': [
      'ip() { /sbin/busybox ip "$@"; }',
      'ip link set lo up',
      ...interfaces.flatMap(bringUp),
      '[ ! -x /etc/rc.local ] || /etc/rc.local',
      '',
    ].join('\n'),
    'etc/network/lease': LEASE,
  }
}

/** Gives every file to the container's own range of ids, once; set-user-id bits survive. */
async function shiftOwners(rootfs: string): Promise<void> {
  await shiftOwner(rootfs)
  for await (const entry of await opendir(rootfs, { recursive: true }))
    await shiftOwner(join(entry.parentPath, entry.name))
}

async function shiftOwner(path: string): Promise<void> {
  const { uid, gid, mode } = await lstat(path)
  if (uid >= FIRST_HOST_ID) return
  await lchown(path, uid + FIRST_HOST_ID, gid + FIRST_HOST_ID)
  if ((mode & 0o6000) !== 0) await chmod(path, mode & 0o7777)
}

function bringUp({ name, ip, gateway }: GuestNetwork): string[] {
  if (ip === 'dhcp') {
    return [`/sbin/busybox udhcpc -i ${name} -q -n -t 20 -T 1 -s /etc/network/lease </dev/null >/dev/null 2>&1 &`]
  }
  if (ip === undefined || ip === 'manual') return []
  return [`ip address add ${ip} dev ${name}`, ...(gateway === undefined ? [] : [`ip route add default via ${gateway}`])]
}

/** What udhcpc calls with a lease in its environment. */
const LEASE = `#!/bin/sh
[ "$1" = bound ] || [ "$1" = renew ] || exit 0
/sbin/busybox ip -4 address flush dev "$interface"
/sbin/busybox ip address add "$ip/$mask" dev "$interface"
[ -z "$router" ] || /sbin/busybox ip route add default via "\${router%% *}"
for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
`
