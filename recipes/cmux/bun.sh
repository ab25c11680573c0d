architecture=$(dpkg --print-architecture)
case "$architecture" in
  amd64)
    build=bun-linux-x64
    grep -qw avx2 /proc/cpuinfo || build=bun-linux-x64-baseline
    ;;
  arm64) build=bun-linux-aarch64 ;;
  *)
    echo "There is no Bun for $architecture" >&2
    exit 1
    ;;
esac

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
release=https://github.com/oven-sh/bun/releases/latest/download
download "$release/$build.zip" "$build.zip"
download "$release/SHASUMS256.txt" SHASUMS256.txt
grep " $build.zip\$" SHASUMS256.txt | sha256sum -c -
unzip -q "$build.zip"
install -m 0755 "$build/bun" /usr/local/bin/bun
ln -sf bun /usr/local/bin/bunx
