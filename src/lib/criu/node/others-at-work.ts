/**
 * Part of the library of all scripts: waits for criu that goes on although what had begun it was killed, and ends what is left of criu that
 * was killed itself. Whoever holds the container's lock waits for no other script.
 */
export const OTHERS_AT_WORK = String.raw`
# criu holds a lock in the folder of a dump for as long as it works, whatever else was killed.
criu_ended() {
  [ -e "$1/.criu" ] || return 0
  for attempt in 1 2 3; do
    if flock -w 1 "$1/.criu" true; then return 0; fi
    end_idle_criu
  done
  return 1
}

# A dump or a restore goes on when the script that began it was killed: what it leads to is not known before its end.
await_others() {
  end_idle_criu
  for unsettled in "$base/$vmid"/*; do
    [ ! -e "$unsettled/manifest.json" ] || continue
    criu_ended "$unsettled" || refuse busy
    ! complete "$unsettled" || ends
  done
  await_restore 4 || refuse busy
}

# Waits for so many seconds for the end of a restore that goes on without lxc-checkpoint, which can also wait for ever, for a process that was
# lxc-checkpoint's: when nothing of it has run for a second it is ended.
await_restore() {
  tries=0 seen=
  while ids=$(pgrep -f "(lxc-checkpoint|criu restore) .*-D $base/$vmid/[^ ]*/(images|unpacked)( |\$)"); do
    [ $tries -lt $(($1 * 20)) ] || return 1
    if [ $((tries % 20)) = 0 ]; then
      now=$(for id in $ids; do cat "/proc/$id/stat"; grep ctxt_switches "/proc/$id/status"; done 2>/dev/null)
      [ "$now" != "$seen" ] || kill -9 $ids
      seen=$now
    fi
    sleep 0.05
    tries=$((tries + 1))
  done
}

# LXC notices a moment after criu's end that criu has ended the container.
ends() {
  tries=0
  while running && [ $tries -lt 40 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  ! running
}

# Killed while it tries out what the kernel can, criu leaves a child that sleeps for ever, and keeps the lock. What criu does itself does
# not sleep for as long as a second.
end_idle_criu() {
  for id in $(pgrep -f "criu (dump|restore) .*-D $base/$vmid/[^ ]*/(images|unpacked) "); do
    slept=$(asleep "$id") || continue
    sleep 1
    [ "$(asleep "$id")" != "$slept" ] || kill -9 "$id"
  done
}
asleep() { grep -q nanosleep "/proc/$1/wchan" 2>/dev/null && grep ctxt_switches "/proc/$1/status" 2>/dev/null; }
`
