import type { RunOptions } from '../executor/executor.js'
import { type ExecContext, type ExecOutcome, execInInstance } from './exec.js'

export interface LogsRequest {
  /** A file in the container. Absent: its journal, else what syslog writes. */
  readonly file?: string | undefined
  /** How many of the last lines. */
  readonly lines: number
  /** Go on with what is added, until aborted. */
  readonly follow: boolean
}

/** The end of a container's log, as a stream (see RunOptions) or as text. The exit code is that of journalctl or tail. */
export async function readLogs(
  context: ExecContext,
  reference: string,
  { file, lines, follow }: LogsRequest,
  options: RunOptions,
): Promise<ExecOutcome> {
  const argv =
    file === undefined
      ? ['sh', '-c', JOURNAL, 'sh', String(lines), ...(follow ? ['-f'] : [])]
      : ['tail', '-n', String(lines), ...(follow ? ['-F'] : []), '--', file]
  return execInInstance(context, reference, argv, options)
}

const JOURNAL = `
lines=$1
shift
if command -v journalctl >/dev/null; then
  exec journalctl --no-pager --quiet -n "$lines" "$@"
fi
for file in /var/log/syslog /var/log/messages; do
  [ ! -f "$file" ] || exec tail -n "$lines" "$@" "$file"
done
echo 'There is neither a journal nor a syslog: name the log with --file PATH' >&2
exit 1
`
