/** What criu measured of a dump. Times in milliseconds. */
export interface DumpStatistics {
  /** Until everything stood still. */
  readonly freeze: number
  /** How long it stood still. */
  readonly frozen: number
  /** Reading the memory out of the processes. */
  readonly dump: number
  /** Writing it to the disk. */
  readonly write: number
  /** Memory pages that were looked at and that were written. */
  readonly pagesScanned: number
  readonly pagesWritten: number
}

/** How criu begins its statistics files: two numbers, and the length of the message. */
const MAGIC = [0x5510_5940, 0x5709_3306] as const
const HEADER = 12

/** Field numbers of `stats_entry` and `dump_stats_entry` in criu's images/stats.proto. Times are in microseconds. */
const DUMP = 1
const FREEZING = 1
const FROZEN = 2
const MEMDUMP = 3
const MEMWRITE = 4
const SCANNED = 5
const WRITTEN = 7

/** Reads a `stats-dump` file. Undefined: it is none. */
export function readDumpStatistics(file: Uint8Array): DumpStatistics | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  if (file.length < HEADER || MAGIC.some((magic, index) => view.getUint32(4 * index, true) !== magic)) return undefined
  const message = file.subarray(HEADER, HEADER + view.getUint32(8, true))
  const entry = fields(message)?.get(DUMP)
  const numbers = entry instanceof Uint8Array ? fields(entry) : undefined
  if (numbers === undefined) return undefined
  const number = (field: number): number => {
    const value = numbers.get(field)
    return typeof value === 'number' ? value : 0
  }
  return {
    freeze: number(FREEZING) / 1000,
    frozen: number(FROZEN) / 1000,
    dump: number(MEMDUMP) / 1000,
    write: number(MEMWRITE) / 1000,
    pagesScanned: number(SCANNED),
    pagesWritten: number(WRITTEN),
  }
}

/** The numbers and nested messages of a protobuf message, by field number. Undefined: it ends in the middle of one. */
function fields(message: Uint8Array): ReadonlyMap<number, number | Uint8Array> | undefined {
  const found = new Map<number, number | Uint8Array>()
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++] ?? Number.NaN
      value += (byte % 128) * scale
      if (!(byte >= 128)) return value
    }
  }
  while (at < message.length) {
    const key = varint()
    const kind = key % 8
    if (kind === 0) found.set(Math.floor(key / 8), varint())
    else if (kind === 2) {
      const length = varint()
      found.set(Math.floor(key / 8), message.subarray(at, at + length))
      at += length
    } else if (kind === 1 || kind === 5) at += kind === 1 ? 8 : 4
    else return undefined
  }
  return at === message.length ? found : undefined
}
