import { Input } from './input.js'
import { BrokenPipe, type Output } from './output.js'

/** As much as Linux keeps in a pipe before the writer has to wait. */
const CAPACITY = 64 * 1024

export interface Pipe {
  readonly input: Input
  readonly output: Output
}

/** A pipe: the writer waits while it is full, and learns when the reader is gone. */
export function pipe(): Pipe {
  const queue: Uint8Array[] = []
  let size = 0
  let writerGone = false
  let readerGone = false
  let wakeReader = () => {}
  let wakeWriters: (() => void)[] = []

  const input = new Input(
    async () => {
      while (queue.length === 0 && !writerGone) {
        await new Promise<void>((resolve) => {
          wakeReader = resolve
        })
      }
      const chunk = queue.shift()
      size -= chunk?.length ?? 0
      wake()
      return chunk
    },
    () => {
      readerGone = true
      wake()
    },
  )
  return {
    input,
    output: {
      async write(chunk) {
        if (readerGone) throw new BrokenPipe()
        if (chunk.length === 0) return
        queue.push(chunk)
        size += chunk.length
        wakeReader()
        while (size > CAPACITY && !readerGone) {
          await new Promise<void>((resolve) => {
            wakeWriters.push(resolve)
          })
        }
      },
      close() {
        writerGone = true
        wakeReader()
      },
    },
  }

  function wake(): void {
    const waiting = wakeWriters
    wakeWriters = []
    for (const resolve of waiting) resolve()
  }
}
