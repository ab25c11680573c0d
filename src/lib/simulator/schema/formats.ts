import { isIPv4, isIPv6 } from 'node:net'

/** Answers what is wrong with a value, newline included, or undefined when nothing is. */
type FormatCheck = (value: string) => string | undefined

const matches =
  (pattern: RegExp, reason: string | ((value: string) => string)): FormatCheck =>
  (value) =>
    pattern.test(value) ? undefined : `${typeof reason === 'string' ? reason : reason(value)}\n`

const satisfies =
  (isValid: (value: string) => boolean, reason: string | ((value: string) => string)): FormatCheck =>
  (value) =>
    isValid(value) ? undefined : `${typeof reason === 'string' ? reason : reason(value)}\n`

const DNS_LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?'
const DNS_NAME = new RegExp(`^${DNS_LABEL}(?:\\.${DNS_LABEL})*$`)
const ILLEGAL_PATH_PARTS = /\/\.\.?(?:\/|$)|^\.\.\//

/** Every named format with its own text (PVE-FACTS 1.7). */
const FORMATS = {
  'pve-vmid': matches(/^[1-9][0-9]{2,8}$/, 'value does not look like a valid VM ID'),
  'pve-node': matches(new RegExp(`^${DNS_LABEL}$`), 'value does not look like a valid node name'),
  'pve-configid': matches(/^[a-z][a-z0-9_-]+$/i, (id) => `invalid configuration ID '${id}'`),
  'pve-storage-id': matches(/^[a-z][a-z0-9\-_.]*[a-z0-9]$/i, (id) => `storage ID '${id}' contains illegal characters`),
  'pve-storage-content': matches(
    /^(?:backup|images|import|iso|none|rootdir|snippets|vztmpl)$/,
    (content) => `invalid content type '${content}'`,
  ),
  'pve-volume-id': matches(/^[a-z][a-z0-9\-_.]*[a-z0-9]:.+$/i, (id) => `unable to parse volume ID '${id}'`),
  'pve-poolid': matches(
    /^[A-Za-z0-9.\-_]+(?:\/[A-Za-z0-9.\-_]+){0,2}$/,
    (pool) => `pool name '${pool}' contains invalid characters`,
  ),
  'pve-userid': matches(
    /^[^\s:/]+@[A-Za-z][A-Za-z0-9.\-_]+$/,
    (user) => `value '${user}' does not look like a valid user name`,
  ),
  'pve-tag': matches(/^[a-z0-9_][a-z0-9_\-+.]*$/i, 'invalid characters in tag'),
  'pve-startup-order': matches(
    /^(?:(?:order=)?\d+|up=\d+|down=\d+)(?:,(?:(?:order=)?\d+|up=\d+|down=\d+))*$/,
    'unable to parse startup options',
  ),
  'pve-task-status-type': matches(/^(?:ok|error|warning|unknown)$/i, (status) => `invalid status '${status}'`),
  'dns-name': matches(DNS_NAME, 'value does not look like a valid DNS name'),
  address: satisfies(
    (value) => isAddress(value) || DNS_NAME.test(value),
    (value) => `value does not look like a valid address: ${value}`,
  ),
  'lxc-ip-with-ll-iface': satisfies(
    (value) => isAddress(value.replace(/^(fe80:[^%]+)%[\w.-]+$/i, '$1')),
    'value does not look like a valid IP address',
  ),
  'mac-addr': matches(
    /^[a-f0-9][02468ace](?::[a-f0-9]{2}){5}$/i,
    'value does not look like a valid unicast MAC address',
  ),
  'pve-ipv4-config': satisfies(
    (value) => ['dhcp', 'manual'].includes(value) || isNetwork(value, isIPv4, 32),
    'value does not look like a valid ipv4 network configuration',
  ),
  'pve-ipv6-config': satisfies(
    (value) => ['auto', 'dhcp', 'manual'].includes(value) || isNetwork(value, isIPv6, 128),
    'value does not look like a valid ipv6 network configuration',
  ),
  ipv4: satisfies(isIPv4, 'value does not look like a valid IPv4 address'),
  ipv6: satisfies(isIPv6, 'value does not look like a valid IPv6 address'),
  'disk-size': matches(/^\d+(?:\.\d+)?[KMGT]?$/, (size) => `value does not look like a valid disk size: ${size}`),
  'pve-lxc-mp-string': satisfies(
    (path) => !ILLEGAL_PATH_PARTS.test(path),
    (path) => `${path} contains illegal character sequences`,
  ),
  'lxc-ct-timezone': satisfies(
    (zone) => zone === 'host' || isTimeZone(zone),
    (zone) => `invalid time zone '${zone}'`,
  ),
  'pve-lxc-dev-string': satisfies(
    (path) => path.startsWith('/dev/') && !ILLEGAL_PATH_PARTS.test(path),
    (path) => `${path} is not a valid device path`,
  ),
} as const satisfies Readonly<Record<string, FormatCheck>>

type SingleFormat = keyof typeof FORMATS

/** Formats with a check and a text of their own; `-list` checks every entry of a list. */
export type FormatName = SingleFormat | `${SingleFormat}-list`

/** Whether the format takes a list: only then are repeated parameters joined. */
export function isListFormat(format: string): boolean {
  return format.endsWith('-list')
}

/** What is wrong with the value, newline included; undefined when it is right. */
export function checkFormat(format: FormatName, value: string): string | undefined {
  if (isSingleFormat(format)) return FORMATS[format](value)
  const single = format.slice(0, -'-list'.length)
  if (!isSingleFormat(single)) throw new Error(`no such format: ${format}`)
  for (const entry of splitList(value)) {
    const reason = FORMATS[single](entry)
    if (reason !== undefined) return reason
  }
  return undefined
}

/** The entries of a Proxmox list: parted by NUL, or else by any of comma, semicolon and white space (PVE-FACTS 4.3). */
export function splitList(text: string): readonly string[] {
  const entries = text.includes('\0') ? text.split('\0') : text.split(/[,;\s]+/)
  return entries.filter((entry) => entry !== '')
}

function isSingleFormat(format: string): format is SingleFormat {
  return Object.hasOwn(FORMATS, format)
}

function isAddress(value: string): boolean {
  return isIPv4(value) || (isIPv6(value) && !value.includes('%'))
}

function isNetwork(value: string, isAddressOfFamily: (address: string) => boolean, bits: number): boolean {
  const [address = '', prefix = '', ...rest] = value.split('/')
  return (
    rest.length === 0 &&
    isAddressOfFamily(address) &&
    /^\d+$/.test(prefix) &&
    Number(prefix) >= 8 &&
    Number(prefix) <= bits
  )
}

function isTimeZone(name: string): boolean {
  try {
    return /^[A-Z]/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined
  } catch {
    return false
  }
}
