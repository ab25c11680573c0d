import { SHELL_LIBRARY } from './shell-library.js'

/**
 * Settles what killed commands have left of a container, and reads one checkpoint, or with `-` the newest. Arguments: VMID, name, and
 * `settle`, or `look` to change nothing.
 */
export const EXAMINE_SCRIPT = `${SHELL_LIBRARY}
vmid=$1 name=$2 depth=$3

main() {
  [ -d "$base/$vmid" ] || refuse missing
  lock
  [ $depth = look ] || await_others
  if running; then
    [ $depth = look ] || { thaw "$(init_of)"; settle; }
    fact status running
    end
  fi
  [ $depth = look ] || { end_strays; settle; }
  fact status stopped
  if [ "$name" = - ]; then
    newest=$(finished_ones | head -1)
    [ -n "$newest" ] || refuse missing
    name=$(basename "$newest")
  fi
  folder=$base/$vmid/$name
  [ -d "$folder" ] || refuse missing
  fact name "$name"
  [ -e "$folder/manifest.json" ] || refuse unfinished
  fact manifest "$(cat "$folder/manifest.json")"
  image_sums "$folder" 2>&1 | sed 's/^/sum /'
  [ ! -e "$folder/restored" ] || fact restored "$(cat "$folder/restored")"
  fact kernel "$(uname -r)"
  fact criu "$(criu --version 2>/dev/null | sed -n 's/^Version: *//p')"
  fact disk "$(disk_identity "$folder")"
  end
}

main
`
