architecture=$(dpkg --print-architecture)
case "$architecture" in
  amd64) build=uv-x86_64-unknown-linux-gnu ;;
  arm64) build=uv-aarch64-unknown-linux-gnu ;;
  *)
    echo "There is no uv for $architecture" >&2
    exit 1
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
release=https://github.com/astral-sh/uv/releases/latest/download
download "$release/$build.tar.gz" "$build.tar.gz"
download "$release/$build.tar.gz.sha256" "$build.tar.gz.sha256"
sha256sum -c "$build.tar.gz.sha256"
tar -xzf "$build.tar.gz"
install -m 0755 "$build/uv" "$build/uvx" /usr/local/bin/
