import { randomBytes } from 'node:crypto'
import { Readable } from 'node:stream'
import { CmuxError, type ErrorCode } from '../errors.js'
import type { ContainerShell } from './container-shell.js'
import type { RunOptions } from './executor.js'

export interface PushOptions extends Pick<RunOptions, 'signal' | 'timeout'> {
  /** Its name where the path is that of a folder. Absent: a folder is refused. */
  readonly name?: string
  /** Octal permissions. Absent: those of the file that is replaced, else `newMode`. */
  readonly mode?: string
  /** Default: 644. */
  readonly newMode?: string
  /** `USER`, `USER:GROUP` or numbers, as the container has them. Absent: that of the file that is replaced, else root. */
  readonly owner?: string
}

export interface PushedFile {
  /** Where it is now. */
  readonly path: string
  readonly bytes: number
}

/**
 * Writes a file in a container from a stream. It appears under its name only when all of it is there: until then it has a random name
 * beside it and mode 0600, and is removed whatever happens, the loss of the connection included. `pct push` is of no use for this: it
 * ends with 0 whatever happened (PVE-FACTS 7.1). Errors: `not-found` (no such folder), `invalid` (a folder, no regular file), `failed`,
 * and those of the stream and of the way in.
 */
export async function pushFile(
  shell: ContainerShell,
  source: Readable,
  path: string,
  options: PushOptions = {},
): Promise<PushedFile> {
  const { name = '', mode = '', newMode = '644', owner = '', signal, timeout } = options
  const random = randomBytes(16).toString('hex')
  const input = new EndMarked(source, random)
  const argv = ['sh', '-c', RECEIVE, 'sh', path, name, mode, newMode, owner, random]
  const { exitCode, stdout, stderr } = await shell.run(argv, {
    stdin: input.stream,
    ...(signal !== undefined && { signal }),
    ...(timeout !== undefined && { timeout }),
  })
  if (input.error !== undefined) throw input.error
  if (exitCode !== 0) throw receiveError(exitCode, path, stderr)
  const [, bytes, target = path] = /^(\d+) (.*)\n$/s.exec(stdout) ?? []
  if (Number(bytes) !== input.bytes) {
    throw new CmuxError('failed', `${path} has ${bytes ?? 'an unknown number of'} bytes, and ${input.bytes} were sent`)
  }
  return { path: target, bytes: input.bytes }
}

/**
 * Path, name in a folder, mode, mode of a new file, owner, and what the stream must end with: a connection that breaks looks like the end
 * of the file otherwise. Output is `BYTES PATH`.
 */
const RECEIVE = `
path=$1 name=$2 mode=$3 newmode=$4 owner=$5 end=$6
fail() { echo "$2" >&2; exit "$1"; }
if [ -d "$path" ]; then
  [ -n "$name" ] || fail 3 "$path is a folder"
  path=\${path%/}/$name
fi
[ ! -L "$path" ] || path=$(readlink -f "$path")
[ -d "\${path%/*}/" ] || fail 4 "There is no folder \${path%/*}/"
[ ! -d "$path" ] || fail 3 "$path is a folder"
if [ -e "$path" ]; then
  [ -f "$path" ] || fail 3 "$path is not a regular file"
  mode=\${mode:-$(stat -c %a "$path")} owner=\${owner:-$(stat -c %u:%g "$path")}
fi
file=$path.cmux-pve-$end
umask 077
trap 'rm -f "$file"' EXIT
trap 'exit 143' HUP INT TERM PIPE
cat >"$file" || exit 5
size=$(($(wc -c <"$file") - \${#end}))
[ "$(tail -c "\${#end}" "$file" | tr -d '\\0')" = "$end" ] || fail 5 'It did not arrive whole'
truncate -s "$size" "$file" || exit 5
[ -z "$owner" ] || chown "$owner" "$file" || exit 5
chmod "\${mode:-$newmode}" "$file" && mv -f "$file" "$path" || exit 5
echo "$size $path"
`

function receiveError(exitCode: number, path: string, stderr: string): CmuxError {
  const said = stderr.trim().split('\n').at(-1) ?? ''
  const codes: Readonly<Record<number, ErrorCode>> = { 3: 'invalid', 4: 'not-found' }
  const code: ErrorCode = /no space left/i.test(stderr) ? 'storage-full' : (codes[exitCode] ?? 'failed')
  return new CmuxError(code, `${path} cannot be written in the container: ${said || `status ${exitCode}`}`)
}

/** A stream with a mark behind its last byte. After an error there is no mark. */
class EndMarked {
  bytes = 0
  error: unknown
  readonly stream: Readable

  constructor(source: Readable, mark: string) {
    this.stream = Readable.from(this.#marked(source, mark), { objectMode: true, highWaterMark: 1 })
  }

  async *#marked(source: Readable, mark: string): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of source) {
        const bytes = Buffer.from(chunk)
        this.bytes += bytes.length
        yield bytes
      }
    } catch (error) {
      this.error = error
      return
    }
    yield Buffer.from(mark)
  }
}
