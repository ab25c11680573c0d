/** How criu begins its statistics files. */
const MAGIC = [0x5510_5940, 0x5709_3306] as const

/** Microseconds of a dump on a small machine. */
const FREEZING = 1200
const FROZEN = 24_000
const MEMDUMP = 5000
const MEMWRITE = 3000

/** A `stats-dump` file, as criu's images/stats.proto has it, for a dump of so many memory pages. */
export function statisticsFile(pages: number): Uint8Array {
  const dump = [
    ...number(1, FREEZING),
    ...number(2, FROZEN),
    ...number(3, MEMDUMP),
    ...number(4, MEMWRITE),
    ...number(5, pages * 4),
    ...number(6, 0),
    ...number(7, pages),
  ]
  const entry = [(1 << 3) | 2, ...varint(dump.length), ...dump]
  const header = Buffer.alloc(12)
  header.writeUInt32LE(MAGIC[0], 0)
  header.writeUInt32LE(MAGIC[1], 4)
  header.writeUInt32LE(entry.length, 8)
  return Buffer.concat([header, Buffer.from(entry)])
}

const number = (field: number, value: number): readonly number[] => [field << 3, ...varint(value)]

function varint(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]
}
