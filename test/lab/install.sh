#!/bin/bash
# Puts onto this machine what the lab needs and prints nothing but progress. Everything that is there already is left alone, so that a
# second run takes a second.
#
#   install.sh CACHE
#   install.sh --packages       # only names the packages of this system that it wants
#
# CACHE gets: criu/bin/criu (Debian 13's criu with its own libraries: the one of Debian 12 fails on new kernels) and debian-sshd.tar
# (the root file system of a small Debian container with OpenSSH's server). The mirror is the one that apt uses here.
set -euo pipefail

needed=(lxc busybox-static openssh-server openssh-client iproute2 uidmap btrfs-progs debootstrap slirp4netns iptables)
if [ "$1" = --packages ]; then
  echo "${needed[@]}"
  exit
fi

cache=$1
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

main() {
  prepare_apt
  # The longest part, and the one that needs only one of the packages: it has a processor of its own from the beginning.
  if [ ! -f "$cache/debian-sshd.tar" ]; then
    install_packages debootstrap
    make_debian &
    local debian=$!
  fi
  install_packages "${needed[@]}"
  [ -x "$cache/criu/bin/criu" ] || install_criu
  [ -z "${debian-}" ] || wait "$debian"
}

# What this system's apt has to know, if anything is to be fetched at all.
prepare_apt() {
  [ -n "$(missing "${needed[@]}")" ] || [ -z "$(mirror)" ] || return 0
  apt-get -qq update
}

missing() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || echo "$package"
  done
}

# Services must not start: the lab runs its own sshd, and lxc's bridge is not wanted on this machine.
install_packages() {
  local missing
  mapfile -t missing < <(missing "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}"
  local policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >"$cache/packages.log" 2>&1 ||
    { tail -5 "$cache/packages.log" >&2; return 1; }
}

# An apt that knows nothing of this system: an empty package database and one source.
install_criu() {
  echo 'fetching criu'
  local apt=$cache/apt
  rm -rf "$apt" "$cache/criu" "$cache/criu.new"
  mkdir -p "$apt"/{state/lists/partial,cache/archives/partial}
  : >"$apt/status"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $(mirror) trixie main" >"$apt/sources.list"
  local options=(
    -o "Dir::Etc::SourceList=$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null
    -o "Dir::State=$apt/state" -o "Dir::State::status=$apt/status" -o "Dir::Cache=$apt/cache"
    -o Acquire::Languages=none -o APT::Sandbox::User=root
  )
  apt-get -qq "${options[@]}" update
  apt-get -qq "${options[@]}" install -y --no-install-recommends --download-only criu >/dev/null
  for package in "$apt"/cache/archives/*.deb; do
    dpkg-deb -x "$package" "$cache/criu.new"
  done
  rm -rf "$apt"
  mkdir "$cache/criu.new/bin"
  # Debian 13's libc and loader, so that this system's stay as they are.
  cat >"$cache/criu.new/bin/criu" <<-'WRAPPER'
	#!/bin/sh
	root=$(dirname "$(dirname "$(readlink -f "$0")")")
	libraries=$(echo "$root"/usr/lib/*-linux-gnu)
	exec "$root"/usr/lib64/ld-linux-*.so.* --library-path "$libraries" "$root/usr/sbin/criu" "$@"
	WRAPPER
  chmod 755 "$cache/criu.new/bin/criu"
  mv "$cache/criu.new" "$cache/criu"
}

# Debian 12 without an init: systemd cannot be dumped by criu, so its containers get busybox's (LAB-FACTS).
make_debian() {
  echo 'bootstrapping a Debian container'
  rm -rf "$cache/debian" "$cache/debian-sshd.tar.new"
  debootstrap --variant=minbase --include=openssh-server bookworm "$cache/debian" "$(mirror)" >"$cache/debootstrap.log" 2>&1 ||
    { tail -5 "$cache/debootstrap.log" >&2; return 1; }
  rm -rf "$cache"/debian/var/cache/apt/archives/*.deb "$cache"/debian/var/lib/apt/lists/* "$cache"/debian/dev/*
  tar -C "$cache/debian" --numeric-owner -cf "$cache/debian-sshd.tar.new" .
  rm -rf "$cache/debian"
  mv "$cache/debian-sshd.tar.new" "$cache/debian-sshd.tar"
}

# The Debian archive as this machine's apt knows it. Nothing while its lists were never fetched.
mirror() {
  # shellcheck disable=SC2016 # apt expands it
  apt-get indextargets --format '$(LABEL) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "main" { print $3; exit }'
}

main
