/** The parts of a UPID (PVE-FACTS 2.1). */
export interface UpidParts {
  readonly node: string
  readonly pid: number
  /** Start of the process in clock ticks (1/100 s) since the node's boot. */
  readonly pstart: number
  /** Seconds since the epoch. */
  readonly starttime: number
  readonly type: string
  readonly id: string
  /** User, or the full token id. */
  readonly user: string
}

const UPID =
  /^UPID:([a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:/\s]+):([^:/\s]*):([^:/\s]+):$/

export function formatUpid({ node, pid, pstart, starttime, type, id, user }: UpidParts): string {
  return `UPID:${node}:${hexadecimal(pid)}:${hexadecimal(pstart)}:${hexadecimal(starttime)}:${type}:${id}:${user}:`
}

/** The parts, or undefined when the text is no UPID. */
export function parseUpid(upid: string): UpidParts | undefined {
  const match = UPID.exec(upid)
  if (match === null) return undefined
  const [, node = '', pid = '', pstart = '', starttime = '', type = '', id = '', user = ''] = match
  const number = (digits: string) => Number.parseInt(digits, 16)
  return { node, pid: number(pid), pstart: number(pstart), starttime: number(starttime), type, id, user }
}

/** Upper-case digits, eight of them at least. */
export const hexadecimal = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0')
