#!/bin/bash
# Boots a second machine on this one: this machine's own files below a layer of its own that is forgotten, namespaces of every kind, and
# systemd as process 1. Says `ready PID`, where PID is systemd as this machine sees it, and lives until its standard input ends.
#
#   systemd-machine.sh DIRECTORY GROUP NODE SOURCE
#
# DIRECTORY: empty; it is removed in the end. GROUP: name of the cgroup for everything in there. NODE: the Node that is /usr/local/bin/node
# in there, outside of all homes. SOURCE: folder that is in there too, read-only, at the same path.
set -euo pipefail

if [ "$1" != --inside ]; then
  # A mount namespace of its own from the beginning: nothing that is mounted here needs to be taken down.
  exec unshare -m bash "$0" --inside "$@"
fi
shift
directory=$1 group=$2 node=$3 source=$4
cgroups=$directory/cgroups
root=$directory/root

main() {
  mount --make-rprivate /
  mkdir "$cgroups" "$root" "$directory/layer"
  mount -t cgroup2 cgroup2 "$cgroups"
  mkdir "$cgroups/$group"
  trap finish EXIT
  # The group that the namespace of cgroups is made in is the top of what is seen inside.
  bash -c 'echo $$ >"$1/cgroup.procs"; shift; exec "$@"' enter "$cgroups/$group" \
    unshare -C -p -f -n -u -i -m --kill-child bash -c "$(declare -f boot); boot \"\$@\"" boot "$directory" "$root" "$node" "$source" </dev/null &
  machine=$!
  for _ in $(seq 1000); do
    if runs; then break; fi
    kill -0 "$machine" || exit 1
    sleep 0.02
  done
  runs || { echo 'systemd does not come up' >&2; exit 1; }
  echo "ready $init"
  while read -r _; do :; done
}

runs() {
  init=$(tr -d ' ' <"/proc/$machine/task/$machine/children") && [ -n "$init" ] && nsenter -t "$init" -a systemctl is-system-running >/dev/null
} 2>/dev/null

boot() {
  set -euo pipefail
  directory=$1 root=$2 node=$3 source=$4
  mount -t tmpfs tmpfs "$directory/layer"
  mkdir "$directory/layer/upper" "$directory/layer/work"
  mount -t overlay -o "lowerdir=/,upperdir=$directory/layer/upper,workdir=$directory/layer/work" overlay "$root"
  cd "$root"
  mkdir -p ".$source" usr/local/bin
  mount --bind "$source" ".$source"
  mount -o remount,bind,ro ".$source"
  : >>usr/local/bin/node
  mount --bind "$node" usr/local/bin/node
  mount -t proc proc proc
  mount -t sysfs sysfs sys
  mount -t cgroup2 cgroup2 sys/fs/cgroup
  mount -t tmpfs -o mode=755 tmpfs run
  mount -t tmpfs -o mode=755 tmpfs dev
  for device in null zero full random urandom tty; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
  done
  mkdir dev/pts dev/shm
  mount -t devpts -o newinstance,ptmxmode=666 devpts dev/pts
  mount -t tmpfs tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  # Nothing of what this machine runs: systemd and its journal alone. Who boots would clear /tmp, where SOURCE may be.
  rm -rf etc/systemd/system
  mkdir etc/systemd/system
  ln -s /dev/null etc/systemd/system/systemd-tmpfiles-setup.service
  printf '[Unit]\nDescription=Nothing but systemd\n' >etc/systemd/system/lab.target
  ip link set lo up
  hostname pve1
  mkdir -p run/before
  pivot_root . run/before
  umount -l /run/before
  # systemd in a container takes that for done; credentials need it.
  mount --make-rshared /
  exec env -i container=lab PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --unit=lab.target --log-target=journal
}

finish() {
  [ -z "${machine-}" ] || kill -KILL "$machine" 2>/dev/null || true
  # Bash tells of whoever was killed.
  { wait; } 2>/dev/null
  for _ in $(seq 50); do
    find "$cgroups/$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
    [ -d "$cgroups/$group" ] || break
    sleep 0.05
  done
  umount "$cgroups"
  rm -rf --one-file-system "$directory"
}

main
