import { SHELL_LIBRARY } from './shell-library.js'

/**
 * Arguments: VMID, name, and what the disk's identity must be, `-` for anything.
 *
 * The monitor of a restored container keeps the output of lxc-checkpoint open (a file then, so nobody waits for it), and must not
 * inherit the container's lock.
 */
export const RESTORE_SCRIPT = String.raw`${SHELL_LIBRARY}
vmid=$1 name=$2 expected=$3
folder=$base/$vmid/$name

main() {
  lock
  [ -e "$folder/manifest.json" ] || refuse missing
  ! running || refuse running
  end_strays
  [ "$expected" = - ] || [ "$(disk_identity "$folder")" = "$expected" ] || refuse changed
  unpack || { rm -rf "$folder/unpacked"; fact failed 'The images cannot be unpacked'; end; }
  rm -f "$folder/images/stats-restore" "$images/stats-restore" "$images/restore.log"
  date +%s >"$folder/restoring" || { rm -f "$folder/restoring"; fact failed 'No space left to write down that it is restored'; end; }
  lxc-checkpoint -n "$vmid" -r -D "$images" </dev/null >"$folder/lxc.log" 2>&1 9>&-
  status=$?
  [ $status = 0 ] || await_restore 30
  [ "$images" = "$folder/images" ] || cp "$images/stats-restore" "$folder/images/" 2>/dev/null
  if running; then
    mv "$folder/restoring" "$folder/restored"
    rm -rf "$folder/unpacked"
    limits
    fact processes "$(processes "$(init_of)" | base64 -w0)"
  else
    end_strays
    await_stopped
    if [ -e "$folder/images/stats-restore" ]; then fact died "$(reason "$images/restore.log")"; else fact failed "$(reason "$images/restore.log")"; fi
    settle_restore "$folder"
    rm -rf "$folder/unpacked"
  fi
  end
}

# Compressed pages are unpacked beside the images, whose other files are linked to.
unpack() {
  images=$folder/images
  ls "$images" | grep -Eq '\.img\.(zst|gz)$' || return 0
  rm -rf "$folder/unpacked"
  cp -al "$images" "$folder/unpacked" || return 1
  images=$folder/unpacked
  for pages in "$images"/*.zst; do [ ! -e "$pages" ] || zstd -q -d -f --rm "$pages" || return 1; done
  for pages in "$images"/*.gz; do [ ! -e "$pages" ] || gzip -d -f "$pages" || return 1; done
  open_images "$folder" "$images"
}

# LXC does not apply them to what it restores (lxc issue 4643).
limits() {
  command -v lxc-cgroup >/dev/null 2>&1 || return 0
  sed -n 's/^ *lxc\.cgroup2\.\([A-Za-z0-9_.]*\) *= *\(.*[^ ]\) *$/\1 \2/p' "/var/lib/lxc/$vmid/config" 2>/dev/null |
    while read -r key value; do
      case $key in devices.*) continue ;; esac
      lxc-cgroup -n "$vmid" "$key" "$value" >/dev/null 2>&1
      fact limit "$key $(printf '%s' "$value" | tr ' ' '_') $(lxc-cgroup -n "$vmid" "$key" 2>/dev/null | head -1 | tr ' ' '_')"
    done
}

main
`
