import { closeSync, constants, openSync, readSync } from 'node:fs'

/** Milliseconds that a pipe may be silent: before it has a writer (what `<(…)` of a shell runs has it open from the start), and then. */
const PATIENCE = { unopened: 5000, opened: 60_000 }
/** Milliseconds between two looks. */
const PAUSE = 20

/**
 * Reads a pipe to its end, which comes when its writer closes it. Opened as a file is, one without a writer would hold the process up for
 * ever, deaf to signals. Throws when nothing comes for too long.
 */
export function readPipe(path: string, patience: typeof PATIENCE = PATIENCE): string {
  const pipe = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const chunks: Buffer[] = []
    let hasWriter = false
    for (let silence = 0; ; silence += PAUSE) {
      const chunk = nextChunk(pipe)
      // Without a writer a pipe is at its end, also before it has one.
      if (chunk?.length === 0 && hasWriter) return Buffer.concat(chunks).toString('utf8')
      if (chunk === undefined || chunk.length > 0) hasWriter = true
      if (chunk !== undefined && chunk.length > 0) {
        chunks.push(chunk)
        silence = 0
      }
      const limit = hasWriter ? patience.opened : patience.unopened
      if (silence >= limit) throw new Error(`it is a pipe, and nothing came from it for ${limit / 1000} s`)
      if (chunk === undefined || chunk.length === 0) pause()
    }
  } finally {
    closeSync(pipe)
  }
}

/** Undefined: there is a writer, who has written nothing more so far. */
function nextChunk(pipe: number): Buffer | undefined {
  const chunk = Buffer.alloc(65_536)
  try {
    return chunk.subarray(0, readSync(pipe, chunk))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EAGAIN') return undefined
    throw error
  }
}

const pause = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE)
