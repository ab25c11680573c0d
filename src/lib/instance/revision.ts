import { createHash } from 'node:crypto'
import type { ContainerConfig } from '../pve/client.js'

/**
 * Which build of a template this is: a hash of the id of the operation that made it and of the options that its clones inherit. Notes,
 * tags, names and locks are not among them. Pure.
 */
export const revisionOf = (config: ContainerConfig): string =>
  digest([operationOf(config.description ?? ''), inherited(config)])

/** What clones of it are like; a replica that differs in this from its template is none. Pure. */
export const traitsOf = (config: ContainerConfig): string => digest([inherited(config)])

const operationOf = (description: string): string => /<!-- cmux-pve op:([0-9A-Za-z]+) -->/.exec(description)?.[1] ?? ''

const OWN_TO_EACH = /^(?:description|tags|hostname|lock|parent|template|protection|snaptime|digest|unused\d+)$/

const inherited = ({ options, lxc }: ContainerConfig): unknown => [
  Object.entries(options)
    .filter(([key]) => !OWN_TO_EACH.test(key))
    .map(([key, value]) => [key, withoutIdentity(key, String(value))])
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  lxc,
]

/** Without the MAC address of an interface and the volume of a disk, which no two containers share. */
function withoutIdentity(key: string, value: string): string {
  if (/^net\d+$/.test(key)) return value.replace(/,?hwaddr=[^,]*/, '')
  return /^(?:rootfs|mp\d+)$/.test(key) ? value.replace(/^[^,]*/, '') : value
}

const digest = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
