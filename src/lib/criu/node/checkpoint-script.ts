import { SHELL_LIBRARY } from './shell-library.js'

/**
 * Arguments: VMID, name, `-s` or nothing, 1 to compress, how many to keep, the intent.
 *
 * criu inherits fd 8 from lxc-checkpoint: when only lxc-checkpoint was killed, criu goes on, and the lock on that file is free when it has
 * ended too. Whether a dump has worked is told by what is there afterwards.
 */
export const CHECKPOINT_SCRIPT = String.raw`${SHELL_LIBRARY}
vmid=$1 name=$2 stop=$3 compress=$4 keep=$5 intent=$6
folder=$base/$vmid/$name

main() {
  lock
  [ ! -e "$folder" ] || refuse exists
  await_others
  init=$(init_of)
  [ -n "$init" ] || refuse stopped
  settle
  prepare || give_up 'The folder for it cannot be written'
  dump
  if dumped; then
    if [ -n "$stop" ]; then fact status stopped; else fact status running; fi
  elif running; then
    thaw "$init"
    give_up "$(reason "$folder/images/dump.log")"
  else
    fact lost "$(reason "$folder/images/dump.log")"
    end
  fi
  finish "$folder" "$compress" "$stop" || { fact unfinished "$(df -P "$base" | tail -1)"; end; }
  fact manifest "$(cat "$folder/manifest.json")"
  prune
  end
}

# Statistics are the last thing that criu writes, after it has ended the processes. When they are missing and the container has ended all
# the same, the images tell.
dumped() {
  complete "$folder" || return 1
  [ $status -ne 0 ] && [ ! -s "$folder/images/stats-dump" ] || return 0
  [ -n "$stop" ] && ends
}

prepare() {
  mkdir "$folder" && printf '%s' "$intent" >"$folder/intent.json" && processes "$init" >"$folder/processes" &&
    root_of "$init" >"$folder/root" && printf '%s' "$compress" >"$folder/compress" && note_namespace
}

note_namespace() {
  [ -r "/proc/$init/uid_map" ] || return 0
  read -r _ user _ <"/proc/$init/uid_map"
  [ "$user" = 0 ] || : >"$folder/unprivileged"
}

dump() {
  (
    flock 8
    exec lxc-checkpoint -n "$vmid" -D "$folder/images" $stop
  ) </dev/null >"$folder/lxc.log" 2>&1 8>"$folder/.criu" 9>&-
  status=$?
  until criu_ended "$folder"; do :; done
  if [ $status -ne 0 ] && grep -q 'Failed getting freezer path' "$folder/lxc.log"; then dump_restored; fi
}

# The monitor of a container that LXC has restored does not know its freezer: criu is then called as lxc-checkpoint calls it.
dump_restored() {
  case $(lxc-info -n "$vmid" -c lxc.console.path 2>/dev/null) in *none*) ;; *) return ;; esac
  group=$(sed -n 's/^0:://p' "/proc/$init/cgroup")
  running_on=--leave-running
  [ -z "$stop" ] || running_on=
  mkdir -p "$folder/images"
  set -- dump --tcp-established --file-locks --link-remap --manage-cgroups=full --ext-mount-map auto --enable-external-sharing \
    --enable-external-masters --enable-fs hugetlbfs --enable-fs tracefs -D "$folder/images" -o "$folder/images/dump.log" \
    --cgroup-root "$(sed 's/ /,/g' /sys/fs/cgroup/cgroup.controllers):$(echo "$group" | sed 's#^/##')"
  for entry in $(lxc-info -n "$vmid" -c lxc.mount.entry 2>/dev/null | sed 's/^lxc.mount.entry =//' | awk '$4 ~ /(^|,)r?bind(,|$)/ { print $2 }'); do
    set -- "$@" --ext-mount-map "/$entry:$entry"
  done
  set -- "$@" -t "$init" --skip-in-flight --freeze-cgroup "/sys/fs/cgroup$group" --force-irmap $running_on
  (
    flock 8
    echo 0 2>/dev/null >/sys/fs/cgroup/cgroup.procs
    exec criu "$@"
  ) </dev/null >>"$folder/lxc.log" 2>&1 8>"$folder/.criu" 9>&-
  status=$?
  until criu_ended "$folder"; do :; done
}

give_up() {
  why=$1
  compare "$folder"
  rm -rf "$folder"
  fact failed "$why"
  end
}

# The new one is none of the old ones, whatever the clock says.
prune() {
  kept=1
  for old in $(finished_ones); do
    [ "$old" != "$folder" ] || continue
    kept=$((kept + 1))
    [ $kept -le "$keep" ] || { rm -rf "$old" && fact pruned "$(basename "$old")"; }
  done
}

main
`
