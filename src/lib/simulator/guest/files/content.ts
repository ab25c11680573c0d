/** The bytes of a file, never changed in place: a copy of a file, a layer or a volume shares them. */
export interface Content {
  readonly size: number
  chunks(): Iterable<Uint8Array>
}

/** Small writes are joined until a chunk has this many bytes, so that a log of a million lines is no list of a million chunks. */
const CHUNK = 64 * 1024

class StoredContent implements Content {
  readonly size: number
  readonly #chunks: readonly Uint8Array[]

  constructor(chunks: readonly Uint8Array[], size: number) {
    this.#chunks = chunks
    this.size = size
  }

  chunks(): readonly Uint8Array[] {
    return this.#chunks
  }
}

export const EMPTY: Content = new StoredContent([], 0)

/** Content from bytes or UTF-8 text. */
export function contentOf(data: string | Uint8Array): Content {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data
  return bytes.length === 0 ? EMPTY : new StoredContent([bytes], bytes.length)
}

/** Content that is made when somebody looks: files of /proc and of a cluster file system. */
export function generatedContent(make: () => string): Content {
  let made: Uint8Array | undefined
  const bytes = () => {
    made ??= Buffer.from(make())
    return made
  }
  return {
    get size() {
      return bytes().length
    },
    chunks: () => [bytes()],
  }
}

export function appended(content: Content, bytes: Uint8Array): Content {
  if (bytes.length === 0) return content
  const chunks = [...content.chunks()]
  const last = chunks.at(-1)
  if (last !== undefined && last.length + bytes.length <= CHUNK)
    chunks[chunks.length - 1] = Buffer.concat([last, bytes])
  else chunks.push(bytes)
  return new StoredContent(chunks, content.size + bytes.length)
}

export function bytesOf(content: Content): Buffer {
  return Buffer.concat([...content.chunks()])
}

export function textOf(content: Content): string {
  return bytesOf(content).toString('utf8')
}
