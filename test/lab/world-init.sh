#!/bin/bash
# Process 1 of a lab world: makes the new namespaces into a node, says `ready`, and lives until its standard input ends. Whoever holds
# the other end of that pipe may die in any way: the world goes with it.
#
#   world-init.sh DIRECTORY GROUP CRIU-BIN NODE-BIN LAB
#
# DIRECTORY: empty, on a real file system. GROUP: name of the cgroup for everything here. The bin folders go first in PATH, behind
# LAB/bin with the tools that a Proxmox node has and Debian has not.
set -euo pipefail

directory=$1 group=$2 criu=$3 node=$4 lab=$5
path=$lab/bin:$criu:$node:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

main() {
  mount --make-rprivate /
  trap finish EXIT
  chmod 755 "$directory"
  make_disk
  make_file_systems
  make_network
  make_accounts
  start_sshd
  echo ready
  # Bash reaps whatever is orphaned in here while it waits.
  while read -r _; do :; done
}

# btrfs, so that copies and snapshots cost nothing. The image has no name any more as soon as it is mounted.
make_disk() {
  truncate -s 16G "$directory/disk.img"
  mkfs.btrfs -q "$directory/disk.img" >/dev/null
  mkdir "$directory/disk"
  mount -o loop "$directory/disk.img" "$directory/disk"
  rm "$directory/disk.img"
  mkdir "$directory/disk"/{volumes,templates,tmp,etc,etc.work,var-lib,var-lib.work}
  chmod 1777 "$directory/disk/tmp"
}

# sysfs shows the network namespace it was mounted in; /etc and /var/lib take changes that nobody outside sees.
make_file_systems() {
  mount -t sysfs sysfs /sys
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  mkdir "/sys/fs/cgroup/$group"
  mount -t tmpfs -o mode=755 tmpfs /run
  mkdir /run/sshd /run/lock
  local disk=$directory/disk
  mount -t overlay -o "lowerdir=/etc,upperdir=$disk/etc,workdir=$disk/etc.work" overlay /etc
  mount -t overlay -o "lowerdir=/var/lib,upperdir=$disk/var-lib,workdir=$disk/var-lib.work" overlay /var/lib
  mkdir -p /var/lib/lxc
}

make_network() {
  hostname pve1
  ip link set lo up
  ip link add vmbr0 type bridge
  ip address add 10.0.2.1/24 dev vmbr0
  ip link set vmbr0 up
}

# Root may use these ids in containers, as on a Proxmox node, and has an empty home: sshd's shells read the start-up files in it.
make_accounts() {
  echo root:100000:65536 | tee /etc/subuid >/etc/subgid
  mkdir -m 700 "$directory/disk/root"
  sed -i "s#^\(root:.*\):[^:]*:\([^:]*\)\$#\1:$directory/disk/root:\2#" /etc/passwd
}

start_sshd() {
  ssh-keygen -q -t ed25519 -N '' -C lab -f /etc/ssh/lab_host_key
  ssh-keygen -q -t ed25519 -N '' -C lab -f "$directory/disk/user_key"
  cp "$directory/disk/user_key.pub" /etc/ssh/lab_authorized_keys
  cat >/etc/ssh/lab_sshd_config <<-CONFIG
	ListenAddress 127.0.0.1:22
	HostKey /etc/ssh/lab_host_key
	AuthorizedKeysFile /etc/ssh/lab_authorized_keys
	AuthenticationMethods publickey
	PermitRootLogin prohibit-password
	UsePAM no
	PrintMotd no
	PidFile /run/sshd.pid
	LogLevel DEBUG1
	SetEnv PATH=$path TMPDIR=$directory/disk/tmp
	CONFIG
  /usr/sbin/sshd -f /etc/ssh/lab_sshd_config -E /run/sshd.log </dev/null >/dev/null
}

finish() {
  kill -KILL -1 2>/dev/null || true
  wait
  for _ in $(seq 50); do
    find "/sys/fs/cgroup/$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -d "/sys/fs/cgroup/$group" ] || break
    sleep 0.05
  done
  umount -l /etc /var/lib "$directory/disk"
  rm -rf --one-file-system "$directory"
}

main
