import { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import { CmuxError } from '../errors.js'
import type { ContainerShell } from './container-shell.js'
import type { RunOptions } from './executor.js'

export interface PulledFile {
  readonly bytes: number
  /** Permission bits in the container; undefined when it could not tell. */
  readonly mode: number | undefined
}

/**
 * Reads a file in a container into a stream, which is not ended. `pct pull` is of no use for this: it ends with 0 whatever happened
 * (PVE-FACTS 7.1). Errors: `not-found`, `invalid` for a folder, `failed`; fewer bytes than the file has are an error, too.
 */
export async function pullFile(
  shell: ContainerShell,
  path: string,
  sink: Writable,
  options: Pick<RunOptions, 'signal' | 'timeout'> = {},
): Promise<PulledFile> {
  const { signal, timeout } = options
  const counted = new Counted(sink)
  const run = async () => {
    const result = await shell.run(['sh', '-c', SEND, 'sh', path], {
      stdout: counted,
      ...(signal !== undefined && { signal }),
      ...(timeout !== undefined && { timeout }),
    })
    await counted.taken(signal)
    return result
  }
  const { exitCode, stderr } = await run().finally(() => counted.letGo())
  const [, mode, size, complaint = stderr] = /^(?:([0-7]+) (\d+)|-)\n(.*)$/s.exec(stderr) ?? []
  if (exitCode !== 0) {
    const said = complaint.trim().split('\n').at(-1)
    const code = exitCode === 3 ? 'invalid' : exitCode === 4 ? 'not-found' : 'failed'
    throw new CmuxError(code, `${path} cannot be read in the container: ${said || `status ${exitCode}`}`, {
      ...(exitCode === 3 && { hint: `For a folder: instance exec CONTAINER -- tar c -C ${path} . | tar x` }),
    })
  }
  if (counted.bytes < Number(size ?? 0)) {
    throw new CmuxError('failed', `Of ${path} came ${counted.bytes} bytes, and it had ${size}`)
  }
  return { bytes: counted.bytes, mode: mode === undefined ? undefined : Number.parseInt(mode, 8) }
}

/** First on stderr: \`MODE SIZE\`, or \`-\`. Files that the kernel makes up have no size. */
const SEND = `
fail() { echo "$2" >&2; exit "$1"; }
[ -e "$1" ] || fail 4 'There is no such file'
[ ! -d "$1" ] || fail 3 'It is a folder'
stat -L -c '%a %s' "$1" >&2 2>/dev/null || echo - >&2
exec cat "$1"
`

/** Passes everything on and counts it. */
class Counted extends Writable {
  bytes = 0
  readonly #sink: Writable
  readonly #onError = (error: Error) => void this.destroy(error)

  constructor(sink: Writable) {
    super()
    this.#sink = sink
    sink.on('error', this.#onError)
    // A write that is under way when nobody reads any more may still fail.
    this.on('error', () => {})
  }

  /** Resolves when the sink has taken everything. */
  async taken(signal: AbortSignal | undefined): Promise<void> {
    this.end()
    try {
      await finished(this, signal === undefined ? {} : { signal })
    } catch (error) {
      signal?.throwIfAborted()
      const reason = error instanceof Error ? error.message : String(error)
      throw new CmuxError('failed', `What was read cannot be written: ${reason}`, { cause: error })
    }
  }

  /** Nothing more is passed on: the sink may be gone in a moment. */
  letGo(): void {
    this.#sink.off('error', this.#onError)
    this.destroy()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.bytes += chunk.length
    this.#sink.write(chunk, done)
  }
}
