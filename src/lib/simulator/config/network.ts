import type { Options } from './container-config.js'

/** The part of the engine's Random that hardware addresses are made from. */
export interface RandomIntegers {
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
}

/** A netN value as Proxmox stores it: hwaddr made up when missing, upper case, type=veth, name first and the rest sorted. */
export function normaliseNetwork(_line: string, _random: RandomIntegers): string {
  throw new Error('being built')
}

/** The same line with a new hardware address. */
export function withNewHardwareAddress(_line: string, _random: RandomIntegers): string {
  throw new Error('being built')
}

/** All netN of the options, by number. */
export function networkInterfaces(_options: Options): readonly NetworkInterface[] {
  throw new Error('being built')
}

/** A random unicast address under Proxmox's own prefix BC:24:11. */
export function randomHardwareAddress(_random: RandomIntegers): string {
  throw new Error('being built')
}
