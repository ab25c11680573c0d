import type { NetworkInterface } from './container-data.js'

export interface ReachableAddress {
  readonly interface: string
  readonly address: string
}

/** Addresses of a container that others can reach: neither loopback nor link-local ones. */
export function reachableAddresses(interfaces: readonly NetworkInterface[]): readonly ReachableAddress[] {
  return interfaces
    .filter(({ name }) => name !== 'lo')
    .flatMap(({ name, addresses }) => addresses.map(({ address }) => ({ interface: name, address })))
    .filter(({ address }) => !/^(?:127\.|169\.254\.|::1$|fe80:)/i.test(address))
}
