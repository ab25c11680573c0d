import { OTHERS_AT_WORK } from './others-at-work.js'

/**
 * What every script that we run on a node begins with. Plain POSIX, and one process holds one container's lock for as long as it works:
 * a process that is killed frees it. Whoever has called may be gone at any moment, and the script goes on to its end all the same.
 *
 * Layout, below $base/VMID: `.lock`, and for each checkpoint a folder NAME with intent.json, processes, root, images/, and at last
 * manifest.json. `restoring` and `restored` hold the time of the restore that began or succeeded.
 *
 * Answers are lines of a word and a value; the last one is `end`.
 */
export const SHELL_LIBRARY = String.raw`
PATH=$PATH:/usr/sbin:/sbin
export PATH
umask 077
trap : HUP PIPE
base=/var/lib/cmux-pve/checkpoints

fact() { printf '%s %s\n' "$1" "$2"; }
end() { fact end ok; exit 0; }
refuse() { fact refused "$1"; end; }

lock() {
  mkdir -p "$base/$vmid" || refuse storage
  exec 9>"$base/$vmid/.lock" || refuse storage
  flock -w 3 9 || refuse busy
}

running() {
  case $(lxc-info -n "$vmid" -s -H 2>/dev/null) in
    RUNNING | FROZEN | FREEZING | THAWED | STARTING) return 0 ;;
    *) return 1 ;;
  esac
}

init_of() { lxc-info -n "$vmid" -p -H 2>/dev/null; }

# LXC says STOPPED when its hooks are through and the disk is let go.
await_stopped() {
  tries=0
  while [ "$(lxc-info -n "$vmid" -s -H 2>/dev/null)" != STOPPED ] && [ $tries -lt 1000 ]; do
    sleep 0.01
    tries=$((tries + 1))
  done
}

# A dump that was killed leaves the container's cgroup, or one above it, frozen.
thaw() {
  group=$(sed -n 's/^0:://p' "/proc/$1/cgroup" 2>/dev/null)
  while [ -n "$group" ] && [ "$group" != / ]; do
    frozen=/sys/fs/cgroup$group/cgroup.freeze
    if [ "$(cat "$frozen" 2>/dev/null)" = 1 ]; then echo 0 >"$frozen"; fact thawed "$group"; fi
    group=$(dirname "$group")
  done
}

${OTHERS_AT_WORK}
# Processes without a monitor, and their groups: what a killed restore leaves. Only for a container that LXC says is stopped.
end_strays() {
  for group in $(own_groups); do
    if grep -q '^populated 1' "$group/cgroup.events" 2>/dev/null; then
      echo 0 >"$group/cgroup.freeze"
      echo 1 >"$group/cgroup.kill" && fact strays "$group"
      tries=0
      while grep -q '^populated 1' "$group/cgroup.events" && [ $tries -lt 100 ]; do sleep 0.05; tries=$((tries + 1)); done
    fi
    find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
  done
}

# Where its configuration has LXC make the container's groups, as Proxmox's does; else wherever LXC does so by itself, with a number behind
# the name while the one before is being removed. Containers of other trees, which may have the same number, are none of ours.
own_groups() {
  for group in $(lxc_setting 'dir\.container') $(lxc_setting 'dir\.monitor'); do echo "/sys/fs/cgroup/$group"; done | grep . && return
  parent=$(lxc_setting dir) depth=3
  [ -z "$parent" ] || depth=1
  find "/sys/fs/cgroup/$parent" -maxdepth $depth -type d \( -name "lxc.payload.$vmid" -o -name "lxc.payload.$vmid-*" -o -name "lxc.monitor.$vmid" -o -name "lxc.monitor.$vmid-*" \) 2>/dev/null
}
lxc_setting() { sed -n "s/^ *lxc\.cgroup\.$1 *= *\(.*[^ ]\) *\$/\1/p" "/var/lib/lxc/$vmid/config" 2>/dev/null; }

# Status and age of every process of the container, as its node sees them. One that has ended meanwhile is no failure.
processes() {
  if read -r line 2>/dev/null </proc/uptime; then echo "$line"; fi
  files=
  for id in $(pgrep --ns "$1" --nslist pid 2>/dev/null); do files="$files /proc/$id/status /proc/$id/stat"; done
  [ -z "$files" ] || grep -sHE '^(Name|PPid|NSpid):|^[0-9]+ [(]' $files
  return 0
}

# What ran in the container when a dump of it began, and what runs now.
compare() {
  [ ! -s "$1/processes" ] || fact before "$(base64 -w0 <"$1/processes")"
  fact processes "$(processes "$(init_of)" | base64 -w0)"
}

# Which file system is the container's root, and where its node finds it while the container is stopped.
root_of() {
  [ -r "/proc/$1/mountinfo" ] || return 0
  while read -r _ _ device inside point rest; do
    [ "$point" = / ] || continue
    set -- $rest
    while [ $# -gt 3 ] && [ "$1" != - ]; do shift; done
    type=$2 source=$3 found="$device $inside"
  done <"/proc/$1/mountinfo"
  case $type:$source in
    btrfs:*) place=$(btrfs_path $found) ;;
    *:/dev/loop*) place=$(cat "/sys/block/$(basename "$source")/loop/backing_file" 2>/dev/null) ;;
    *) place=$source ;;
  esac
  echo "$type $place"
}

btrfs_path() {
  while read -r _ _ device top point _; do
    [ "$device" = "$1" ] || continue
    case $2 in
      "$top") echo "$point"; return ;;
      "/"*) [ "$top" != / ] || { echo "$point$2"; return; } ;;
    esac
    case $2 in
      "$top"*) echo "$point/$(echo "$2" | sed "s#^$top/*##")"; return ;;
    esac
  done </proc/self/mountinfo
}

# One word that changes when the disk of the stopped container does; nothing where that cannot be told.
disk_identity() {
  read -r type place <"$1/root" 2>/dev/null || return 0
  set -- $(disk_facts | sha256sum)
  case $1 in e3b0c44298fc1c149afbf4c8996fb924*) ;; *) echo "$type:$1" ;; esac
}

disk_facts() {
  case $type in
    btrfs)
      btrfs filesystem sync "$place" >/dev/null 2>&1
      btrfs subvolume show "$place" 2>/dev/null | grep -E '^[[:space:]]*(UUID|Generation):' ;;
    ext2 | ext3 | ext4) dumpe2fs -h "$place" 2>/dev/null | grep -E '^(Filesystem UUID|Mount count|Last mount time|Last write time):' ;;
    zfs) zfs get -Hp -o property,value guid,createtxg,referenced,written "$place" 2>/dev/null ;;
  esac
}

# The images are there: criu writes the inventory last, and the container would still run had it gone no further.
complete() { [ -s "$1/images/inventory.img" ]; }

# Names of what a restore reads: logs and statistics are no part of it. Runs in the folder of the images.
image_names() {
  for image in *; do
    case $image in
      *.log | stats-*) ;;
      *) echo "$image" ;;
    esac
  done
}
image_sums() { ( cd "$1/images" && sha256sum -- $(image_names) ); }

# The sums as members of a JSON object; names are those that criu gives.
sums_text() {
  comma=
  set -- $(image_sums "$1")
  while [ $# -gt 1 ]; do
    case $2 in *[!A-Za-z0-9._-]*) return 1 ;; esac
    printf '%s"%s":"%s"' "$comma" "$2" "$1"
    comma=,
    shift 2
  done
}

sizes_text() (
  cd "$1/images" && set -- $(stat -c '"%n":%s' -- $(image_names))
  IFS=,
  printf '%s' "$*"
)

# criu opens images of an unprivileged container with the rights of its user namespace, some of them before that has any. It does so from
# within the folder: those above stay closed, so nobody else gets here.
open_images() {
  [ ! -e "$1/unprivileged" ] || { chmod 711 "$2" && chmod 644 "$2"/*; }
}

# Makes a finished checkpoint of one whose images are complete: packs and counts while the container is still being taken down, and looks
# at its disk when it is. Everything but the manifest is on the disk before the manifest is.
finish() {
  compression=
  if [ "$2" = 1 ]; then pack "$1" || return 1; fi
  open_images "$1" "$1/images" || return 1
  sync -f "$1/images" 2>/dev/null &
  syncing=$!
  sums=$(sums_text "$1") || return 1
  sizes=$(sizes_text "$1")
  statistics=
  [ ! -r "$1/images/stats-dump" ] || statistics=$(base64 -w0 <"$1/images/stats-dump")
  [ -z "$3" ] || await_stopped
  printf '{"intent":%s,"finished":%s,"compression":"%s","sha256":{%s},"sizes":{%s},"processes":"%s","statistics":"%s","disk":"%s"}\n' \
    "$(cat "$1/intent.json")" "$(date +%s)" "$compression" "$sums" "$sizes" "$(base64 -w0 <"$1/processes")" "$statistics" "$(disk_identity "$1")" \
    >"$1/manifest.new" || return 1
  wait $syncing
  sync "$1/manifest.new" 2>/dev/null
  mv "$1/manifest.new" "$1/manifest.json"
}

pack() {
  if command -v zstd >/dev/null 2>&1; then compression=zstd; else compression=gzip; fi
  for pages in "$1"/images/pages-*.img; do
    case $compression in
      zstd) zstd -q -f --rm "$pages" ;;
      gzip) gzip -f "$pages" ;;
    esac || return 1
  done
}

# Folders of finished checkpoints, the newest first.
finished_ones() {
  for manifest in "$base/$vmid"/*/manifest.json; do
    [ ! -e "$manifest" ] || dirname "$manifest"
  done | while read -r one; do echo "$(stat -c %Y "$one/intent.json") $one"; done | sort -rn | cut -d' ' -f2
}

# What became of checkpoints whose command was killed; holds the lock, so none is at work. Of a container that runs they are worthless.
settle() {
  for unsettled in "$base/$vmid"/*; do
    [ -d "$unsettled" ] || continue
    if [ ! -e "$unsettled/manifest.json" ]; then
      if running; then
        compare "$unsettled"
        rm -rf "$unsettled"
        fact removed "$(basename "$unsettled")"
      elif complete "$unsettled"; then
        finish "$unsettled" "$(cat "$unsettled/compress" 2>/dev/null)" await && fact finished "$(basename "$unsettled")"
      fi
    elif [ -e "$unsettled/restoring" ]; then
      settle_restore "$unsettled"
    fi
  done
}

# criu writes stats-restore when the processes run again: before that nothing of them has run, and the checkpoint is as good as it was. So
# it is when they have run and the disk is still what it was.
settle_restore() {
  if running; then
    mv "$1/restoring" "$1/restored"
  elif [ ! -e "$1/images/stats-restore" ]; then
    refresh_disk "$1" && rm -f "$1/restoring"
  elif disk=$(disk_identity "$1") && [ -n "$disk" ] && grep -q "\"disk\":\"$disk\"}\$" "$1/manifest.json"; then
    rm -f "$1/restoring"
  else
    mv "$1/restoring" "$1/restored"
  fi
}

# Says what went wrong: the first complaints in criu's log, without those that every log has.
reason() {
  line=$(grep -h 'Error (' "$1" 2>/dev/null | grep -Ev 'rlimit: |FAILED\.|cgroupd: ' | sed 's/.*Error (/Error (/; s/$/;/' | head -3 | tr '\n' ' ' | sed 's/; $//')
  [ -n "$line" ] || [ $status -le 128 ] || line="lxc-checkpoint was killed (status $status)"
  [ -n "$line" ] || line=$(grep -v '^$' "$folder/lxc.log" 2>/dev/null | head -1)
  [ -n "$line" ] || line="lxc-checkpoint ended with status $status"
  echo "$line"
}

# Mounting the disk for a restore that failed has changed it.
refresh_disk() {
  disk=$(disk_identity "$1")
  sed "s/\"disk\":\"[^\"]*\"}\$/\"disk\":\"$disk\"}/" "$1/manifest.json" >"$1/manifest.new" && mv "$1/manifest.new" "$1/manifest.json"
}
`
