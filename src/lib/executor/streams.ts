import type { Readable, Writable } from 'node:stream'

/**
 * Passes everything from `source` to `sink`, holding the source back while the sink is full, and resolves at the source's end.
 * Neither stream is ended. Rejects when the sink cannot be written any more. Nothing is collected: the text is empty.
 */
export function forward(
  source: Readable,
  sink: Writable,
  transform: (chunk: Buffer) => Buffer = unchanged,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const onDrain = () => source.resume()
    const onData = (chunk: Buffer) => {
      const bytes = transform(chunk)
      if (bytes.length > 0 && !sink.write(bytes)) source.pause()
    }
    const detach = () => {
      source.off('data', onData).off('end', onEnd)
      sink.off('drain', onDrain).off('error', onError).off('close', onClose)
    }
    const onEnd = () => {
      detach()
      resolve('')
    }
    const onError = (error: Error) => {
      detach()
      source.resume()
      reject(error)
    }
    const onClose = () => onError(new Error('the output was closed'))
    sink.on('drain', onDrain).on('error', onError).on('close', onClose)
    source.on('data', onData).on('end', onEnd)
    // That it was closed has been told already.
    if (sink.destroyed) onClose()
  })
}

/** Collects a stream's bytes into one text. */
export async function collect(source: Readable, transform: (chunk: Buffer) => Buffer = unchanged): Promise<string> {
  const chunks: Buffer[] = []
  await new Promise<void>((resolve) => {
    source.on('data', (chunk: Buffer) => chunks.push(transform(chunk))).on('end', resolve)
  })
  return Buffer.concat(chunks).toString('utf8')
}

/** Feeds `input` to `sink` and ends it. The returned function stops feeding and lets go of the input. */
export function feed(input: Readable | string | Uint8Array | undefined, sink: Writable): () => void {
  if (input === undefined || typeof input === 'string' || input instanceof Uint8Array) {
    sink.end(input)
    return () => {}
  }
  const onData = (chunk: Buffer | string) => {
    if (!sink.write(chunk)) input.pause()
  }
  const onDrain = () => input.resume()
  const onEnd = () => sink.end()
  const detach = () => {
    input.off('data', onData).off('end', onEnd).off('error', onEnd)
    sink.off('drain', onDrain)
    // An open standard input would keep the process alive.
    input.pause()
  }
  sink.on('drain', onDrain)
  input.on('end', onEnd).on('error', onEnd).on('data', onData)
  return detach
}

const unchanged = (chunk: Buffer): Buffer => chunk
