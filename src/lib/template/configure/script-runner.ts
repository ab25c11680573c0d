/**
 * Runs a script inside a container: `sh -c SCRIPT_RUNNER sh SCRIPT_GUARD FILE BYTES MARK VARIABLE=VALUE… INTERPRETER…`.
 *
 * Standard input is the script, and then stays open for as long as somebody wants it to run. The script goes into FILE, which must not
 * be there yet, readable by root alone. FILE is removed when the script has ended, and whoever removes it decides what happens next: the
 * runner, that all is over; the guard, that the script is to be ended.
 *
 * Status 125 with a message on stderr: it was not started. Output of the script, errors included, is on stdout.
 */
export const SCRIPT_RUNNER = `
guard=$1 file=$2 bytes=$3 mark=$4
shift 4
umask 077
set -C
if ! head -c "$bytes" >"$file" || [ "$(wc -c <"$file")" -ne "$bytes" ]; then
  rm -f "$file"
  echo "The script did not arrive whole in $file" >&2
  exit 125
fi
set +C
umask 022
cd /root 2>/dev/null || cd /
exec 3<&0 </dev/null
setsid env "CMUX_PVE_STEP=$mark" "$@" "$file" 2>&1 3<&- &
script=$!
setsid sh -c "$guard" sh "$file" "$mark" "$script" <&3 >/dev/null 2>&1 3<&- &
guard=$!
exec 3<&-
wait "$script"
status=$?
rm "$file" 2>/dev/null || wait "$guard"
exit "$status"
`

/**
 * Waits for the end of standard input: the one who wanted the script has had enough of it, or is gone (Ctrl-C, a lost connection, a
 * power cut). Then ends every process that the script has started, whatever sessions they have made for themselves: they are known by the
 * mark in their environment, or else by the process group. Asks each once, and after three seconds does not ask any more.
 *
 * It has a session of its own, so that it outlives whoever is ended together with \`pct\`.
 */
export const SCRIPT_GUARD = `
file=$1 mark=$2 script=$3
cat >/dev/null
rm "$file" 2>/dev/null || exit 0
turn=0 asked=' '
while [ "$turn" -lt 50 ]; do
  processes=$(grep -ls "CMUX_PVE_STEP=$mark" /proc/[0-9]*/environ | sed 's/[^0-9]//g')
  [ -n "$processes" ] || ! kill -0 "-$script" || processes=-$script
  [ -n "$processes" ] || exit 0
  for process in $processes; do
    case $asked in
      *" $process "*) [ "$turn" -lt 15 ] || kill -KILL "$process" ;;
      *) kill -TERM "$process" && asked="$asked$process " ;;
    esac
  done
  sleep 0.2
  turn=$((turn + 1))
done
`
