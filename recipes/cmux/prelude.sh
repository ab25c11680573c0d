#!/bin/sh
set -eu
# Told to end, a script still does what it has trapped for its end.
trap 'exit 143' TERM

BASE_PACKAGES='ca-certificates curl wget gnupg git sudo unzip zip xz-utils jq ripgrep rsync tmux less lsof procps iproute2
iptables openssh-client openssh-server lsb-release build-essential pkg-config python3 python3-pip python3-venv'
DISPLAY_PACKAGES='xvfb tigervnc-standalone-server tigervnc-common x11-utils xterm dbus-x11'
export BASE_PACKAGES DISPLAY_PACKAGES

# retry COMMAND...: up to four times, with growing pauses, since mirrors and downloads fail now and then.
retry() {
  attempt=1
  until "$@"; do
    if [ "$attempt" -ge 4 ]; then
      echo "Given up after $attempt attempts: $*" >&2
      return 1
    fi
    sleep "$((attempt * 3))"
    attempt=$((attempt + 1))
  done
}

# Never asks, keeps changed configuration files, waits for whoever else is installing something.
apt_get() {
  apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Dpkg::Use-Pty=0 \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@"
}

# Without the error mode apt-get calls it a success when no list could be fetched.
update_lists() {
  retry apt_get -o APT::Update::Error-Mode=any update
}

# install_packages NAME...: also finishes what an interrupted installation has left half done.
install_packages() {
  dpkg --configure -a
  retry apt_get install --no-install-recommends "$@"
}

# installed NAME...: whether all of these packages are.
installed() {
  for package in "$@"; do
    # shellcheck disable=SC2016 # dpkg-query fills that in.
    [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" = 'install ok installed' ] || return 1
  done
}

# download URL FILE: the file is there when all of it is.
download() {
  retry curl -fsSL --proto '=https' --connect-timeout 20 --max-time 600 -o "$2.part" "$1"
  mv "$2.part" "$2"
}

# add_repository NAME KEY-URL URI SUITE COMPONENT: trusted for its own packages only.
add_repository() {
  mkdir -p /etc/apt/keyrings
  download "$2" "/etc/apt/keyrings/$1.asc"
  chmod 0644 "/etc/apt/keyrings/$1.asc"
  cat >"/etc/apt/sources.list.d/$1.sources" <<END
Types: deb
URIs: $3
Suites: $4
Components: $5
Architectures: $(dpkg --print-architecture)
Signed-By: /etc/apt/keyrings/$1.asc
END
  update_lists
}

# Fails where the recipe has nothing to offer. Sets ID, VERSION_CODENAME and what else the release says of itself.
know_release() {
  # shellcheck source=/dev/null
  . /etc/os-release
  case "$ID" in
    debian | ubuntu) ;;
    *)
      echo "This recipe is for Debian and Ubuntu, not for $PRETTY_NAME" >&2
      return 1
      ;;
  esac
}
