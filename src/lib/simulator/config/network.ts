import { parsePropertyString, printPropertyString } from '../schema/property-string.js'
import type { Options } from './container-config.js'
import { NETWORK } from './options.js'

/** The part of the engine's Random that hardware addresses are made from. */
export interface RandomIntegers {
  /** A whole number from minimum to maximum, both included. */
  integer(minimum: number, maximum: number): number
}

/** One netN line, taken apart. */
export interface NetworkInterface {
  readonly id: string
  readonly name: string
  readonly hwaddr: string
  readonly bridge?: string
  readonly ip?: string
  readonly ip6?: string
  readonly gw?: string
  readonly mtu?: number
}

/** A netN value as Proxmox stores it: hwaddr made up when missing, `type=veth`, name first and the rest sorted (PVE-FACTS 4.2). */
export function normaliseNetwork(line: string, random: RandomIntegers): string {
  const values = parsePropertyString(NETWORK, line)
  const hwaddr = values['hwaddr'] ?? randomHardwareAddress(random)
  return printPropertyString(NETWORK, { ...values, hwaddr, type: 'veth' })
}

/** The same line with a new hardware address. */
export function withNewHardwareAddress(line: string, random: RandomIntegers): string {
  const values = parsePropertyString(NETWORK, line)
  return printPropertyString(NETWORK, { ...values, hwaddr: randomHardwareAddress(random), type: 'veth' })
}

/** All netN of the options, by number. */
export function networkInterfaces(options: Options): readonly NetworkInterface[] {
  return Object.keys(options)
    .filter((name) => /^net\d+$/.test(name))
    .sort((a, b) => Number(a.slice(3)) - Number(b.slice(3)))
    .map((id) => parseNetwork(id, String(options[id])))
}

/** Takes one netN line apart. Throws an Error on one that cannot be read. */
export function parseNetwork(id: string, line: string): NetworkInterface {
  const values = parsePropertyString(NETWORK, line)
  const texts = Object.entries(values).filter(([key]) => ['bridge', 'ip', 'ip6', 'gw'].includes(key))
  return {
    id,
    name: String(values['name']),
    hwaddr: String(values['hwaddr'] ?? ''),
    ...(typeof values['mtu'] === 'number' ? { mtu: values['mtu'] } : {}),
    ...Object.fromEntries(texts.map(([key, value]) => [key, String(value)])),
  }
}

/** A random unicast address under Proxmox's own prefix. */
function randomHardwareAddress(random: RandomIntegers): string {
  const octets = Array.from({ length: 3 }, () => random.integer(0, 255).toString(16).toUpperCase().padStart(2, '0'))
  return ['BC:24:11', ...octets].join(':')
}
