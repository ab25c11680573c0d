import { flag, isRecord, number, type Reader, text, WireError } from './reader.js'

/**
 * An entry of `/cluster/resources` as it came, for those who look at thousands of them again and again. Tags and lock are live; status, name
 * and numbers lag by up to 10 s (PVE-FACTS 5).
 */
export interface IndexEntry {
  /** `lxc`, `qemu`, `node`, `storage`, … */
  readonly type: string
  readonly node?: string
  readonly vmid?: number
  /** Absent for a container that no node has reported yet. */
  readonly name?: string
  readonly status?: string
  readonly template?: number
  /** Joined with `;`. */
  readonly tags?: string
  readonly lock?: string
  readonly storage?: string
  readonly shared?: number
  /** Seconds, bytes. */
  readonly uptime?: number
  readonly maxcpu?: number
  readonly mem?: number
  readonly maxmem?: number
  readonly maxdisk?: number
}

const TEXTS = ['node', 'name', 'status', 'tags', 'lock', 'storage'] as const
const NUMBERS = ['vmid', 'uptime', 'maxcpu', 'mem', 'maxmem', 'maxdisk'] as const
const FLAGS = ['template', 'shared'] as const

/** Nothing is copied when everything is of the type that Proxmox gives it today. */
export const indexEntry: Reader<IndexEntry> = (value, where) => {
  if (isIndexEntry(value)) return value
  if (!isRecord(value)) throw new WireError(`${where} is no entry of the index`)
  const entry: Record<string, string | number> = { type: text(value['type'], `${where}.type`) }
  for (const name of TEXTS) if (isGiven(value[name])) entry[name] = text(value[name], `${where}.${name}`)
  for (const name of NUMBERS) if (isGiven(value[name])) entry[name] = number(value[name], `${where}.${name}`)
  for (const name of FLAGS) if (isGiven(value[name])) entry[name] = flag(value[name], `${where}.${name}`) ? 1 : 0
  if (!isIndexEntry(entry)) throw new WireError(`${where} is no entry of the index`)
  return entry
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== null

function isIndexEntry(value: unknown): value is IndexEntry {
  return (
    isRecord(value) &&
    typeof value['type'] === 'string' &&
    isText(value['node']) &&
    isText(value['name']) &&
    isText(value['status']) &&
    isText(value['tags']) &&
    isText(value['lock']) &&
    isText(value['storage']) &&
    isNumber(value['vmid']) &&
    isNumber(value['template']) &&
    isNumber(value['shared']) &&
    isNumber(value['uptime']) &&
    isNumber(value['maxcpu']) &&
    isNumber(value['mem']) &&
    isNumber(value['maxmem']) &&
    isNumber(value['maxdisk'])
  )
}

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string'
const isNumber = (value: unknown): boolean => value === undefined || typeof value === 'number'
