#!/bin/bash
# Runs the lab, or another command, as on a machine that never had it: in a view of this machine of its own, from which the packages and
# everything that was fetched or built are removed first. What is written there stays in memory and is gone at the end.
#
#   cold.sh [COMMAND…]
set -euo pipefail

lab=$(dirname "$(readlink -f "$0")")
repository=$(readlink -f "$lab/../..")

main() {
  if [ "${1-}" != --inside ]; then
    exec unshare -m -- "$lab/cold.sh" --inside "${@:-npm run test:lab}"
  fi
  shift
  [ $# -gt 1 ] || set -- sh -c "$1"
  enter_view
  forget
  cd "$repository"
  TIMEFORMAT='From cold: %0lR'
  CMUX_LAB=required CMUX_LAB_CACHE=$(mktemp -d)
  export CMUX_LAB CMUX_LAB_CACHE
  time "$@"
}

enter_view() {
  mount --make-rprivate /
  local layers=/mnt root=/mnt/root
  mount -t tmpfs tmpfs "$layers"
  mkdir "$layers"/{upper,work,root,upper-repository,work-repository}
  mount -t overlay -o "lowerdir=/,upperdir=$layers/upper,workdir=$layers/work" overlay "$root"
  # The repository may be on a file system of its own.
  mount -t overlay -o "lowerdir=$repository,upperdir=$layers/upper-repository,workdir=$layers/work-repository" overlay "$root$repository"
  mount -t proc proc "$root/proc"
  mount --rbind /sys "$root/sys"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/run"
  mkdir "$root/mnt/machine"
  cd "$root"
  pivot_root . mnt/machine
  umount -l /mnt/machine
}

forget() {
  local packages
  read -ra packages < <("$lab/install.sh" --packages)
  printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
  chmod 755 /usr/sbin/policy-rc.d
  DEBIAN_FRONTEND=noninteractive apt-get -qq purge -y --autoremove "${packages[@]}" >/dev/null
  rm /usr/sbin/policy-rc.d
  apt-get clean
  rm -rf /var/lib/apt/lists/* "$repository"/{dist,node_modules/.vite,node_modules/.cache}
}

main "$@"
