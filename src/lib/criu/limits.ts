/** A limit of the container's cgroup: what its configuration asks for, and what is in force. */
export interface AppliedLimit {
  /** As the kernel calls it: `memory.max`. */
  readonly name: string
  readonly wanted: string
  /** Absent: the kernel has no such limit here. */
  readonly actual?: string
}

/** Reads `NAME WANTED [ACTUAL]`, spaces within a value as underscores. `4M` is what the kernel shows as 4194304. */
export function parseLimit(line: string): AppliedLimit {
  const [name = '', wanted = '', actual = ''] = line.split(' ')
  const read = (value: string) => value.replaceAll('_', ' ')
  return { name, wanted: inBytes(read(wanted)), ...(actual !== '' && { actual: read(actual) }) }
}

const UNITS = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 } as const

function inBytes(value: string): string {
  const [, number, unit] = /^(\d+)([KMGT])$/.exec(value) ?? []
  const factor = Object.entries(UNITS).find(([name]) => name === unit)?.[1]
  return factor === undefined ? value : String(Number(number) * factor)
}
