import { SHELL_LIBRARY } from './shell-library.js'

/** Tells of every checkpoint of a container, or with `-` of all containers. Changes nothing and takes no lock. Argument: VMID. */
export const LIST_SCRIPT = `${SHELL_LIBRARY}
wanted=$1

main() {
  [ "$wanted" != - ] || wanted='*'
  for container in "$base"/$wanted; do
    [ -d "$container" ] || continue
    vmid=$(basename "$container")
    busy=0
    if [ -e "$container/.lock" ]; then flock -n "$container/.lock" true || busy=1; fi
    for folder in "$container"/*; do
      [ ! -d "$folder" ] || tell "$folder"
    done
  done
  end
}

tell() {
  fact checkpoint "$vmid $(basename "$1") $busy $(du -sk "$1" | cut -f1)"
  [ ! -e "$1/restored" ] || fact restored "$(cat "$1/restored")"
  [ ! -e "$1/restoring" ] || fact restored "$(cat "$1/restoring")"
  if [ -e "$1/manifest.json" ]; then
    fact manifest "$(cat "$1/manifest.json")"
  else
    [ ! -r "$1/intent.json" ] || fact intent "$(cat "$1/intent.json")"
    ! complete "$1" || fact complete yes
  fi
}

main
`

/** Removes checkpoints of a container. Arguments: VMID, names. One that is not there is no error. */
export const REMOVE_SCRIPT = `${SHELL_LIBRARY}
vmid=$1
shift
[ -d "$base/$vmid" ] || end
lock
for name in "$@"; do
  [ ! -d "$base/$vmid/$name" ] || { rm -rf "$base/$vmid/$name" && fact removed "$name"; } || refuse storage
done
end
`
