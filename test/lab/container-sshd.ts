import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { world } from './in-lab.js'
import { command } from './lxc/command.js'

/** An OpenSSH server inside a container, which takes the same key as the node's. */
export interface ContainerSshd {
  /** `SHA256:…` of its host key. */
  readonly fingerprint: string
  /** Its log so far, at level DEBUG1. */
  log(): Promise<string>
  /** Ends the processes that serve connections; the listener stays. */
  killConnections(): Promise<void>
}

const CONFIG = `HostKey /etc/ssh/host_key
AuthorizedKeysFile /root/.ssh/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
UsePAM no
PidFile /run/sshd.pid
LogLevel DEBUG1
`

/**
 * Starts an sshd in a running container, now and whenever the container starts again. A busybox container is given that of this machine,
 * with the libraries it needs.
 */
export async function startContainerSshd(vmid: number): Promise<ContainerSshd> {
  const id = String(vmid)
  const inside = (script: string, ...words: readonly string[]) =>
    command('lxc-attach', '-n', id, '--clear-env', '--', '/bin/sh', '-c', script, 'sh', ...words)
  await inside('[ -x /usr/sbin/sshd ]').catch(() => command('sh', '-c', INSTALL, 'sh', id))
  await inside(
    `mkdir -p /root/.ssh /etc/ssh
grep -q ^sshd: /etc/passwd || echo sshd:x:100:65534::/run/sshd:/bin/false >>/etc/passwd
echo "$1" >/etc/ssh/sshd_config
echo "$2" >/root/.ssh/authorized_keys
echo "$3" >/etc/rc.local && chmod 755 /etc/rc.local
umask 077; echo "$4" >/etc/ssh/host_key`,
    CONFIG,
    await readFile(join(world().directory, 'disk/user_key.pub'), 'utf8'),
    START,
    await newHostKey(),
  )
  await inside('/etc/rc.local')
  const [, fingerprint = ''] = (await command('sh', '-c', FINGERPRINT, 'sh', id)).split(' ')
  return {
    fingerprint,
    log: () => inside('cat /run/sshd.log'),
    async killConnections() {
      await inside('read -r id </run/sshd.pid; kill -KILL $(cat "/proc/$id/task/$id/children")')
    },
  }
}

/** Nothing of it may keep the streams of lxc-attach open. */
const START = `#!/bin/sh
mkdir -p /run/sshd
/usr/sbin/sshd -f /etc/ssh/sshd_config -E /run/sshd.log </dev/null >/dev/null 2>&1
`

const INSTALL = `cd / && {
  ldd /usr/sbin/sshd | grep -o '/[^ ]*'
  ls -d /usr/sbin/sshd /usr/lib/openssh/sshd-* 2>/dev/null
} | tar -chf - -T - 2>/dev/null | lxc-attach -n "$1" -- /bin/tar -x -C /`

const FINGERPRINT = `lxc-attach -n "$1" -- /bin/cat /etc/ssh/host_key | {
  file=$(mktemp) && cat >"$file" && ssh-keygen -lf "$file"; rm -f "$file"
}`

async function newHostKey(): Promise<string> {
  return command('sh', '-c', 'd=$(mktemp -d); ssh-keygen -q -t ed25519 -N "" -f "$d/key"; cat "$d/key"; rm -r "$d"')
}
