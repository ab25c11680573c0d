import { createHash } from 'node:crypto'
import type { GuestInterface, GuestNetwork } from './guest-runtime.js'

type Address = GuestInterface['addresses'][number]

const LOOPBACK: GuestInterface = {
  name: 'lo',
  hardwareAddress: '00:00:00:00:00:00',
  addresses: [
    { family: 'inet', address: '127.0.0.1', prefix: 8 },
    { family: 'inet6', address: '::1', prefix: 128 },
  ],
}

/** Hands out addresses per bridge as a dhcp server does: the same hardware address gets the same one again. */
export class DhcpServer {
  readonly #leases = new Map<string, Map<string, string>>()

  /** An address in the bridge's own network 10.x.0.0/16. */
  lease(bridge: string, hardwareAddress: string): Address {
    const leases = this.#leases.get(bridge) ?? new Map<string, string>()
    this.#leases.set(bridge, leases)
    const known = leases.get(hardwareAddress)
    const number = leases.size + 100
    const address = known ?? `10.${subnet(bridge)}.${Math.floor(number / 256)}.${number % 256}`
    leases.set(hardwareAddress, address)
    return { family: 'inet', address, prefix: 16 }
  }
}

/** The interfaces of a container. Until it has leases, an interface with `ip=dhcp` has only its link-local address. */
export function interfacesOf(
  networks: readonly GuestNetwork[],
  dhcp: DhcpServer | undefined,
): readonly GuestInterface[] {
  return [
    LOOPBACK,
    ...networks.map((network) => ({
      name: network.name,
      hardwareAddress: network.hardwareAddress,
      addresses: [...ipv4(network, dhcp), ...ipv6(network), linkLocal(network.hardwareAddress)],
    })),
  ]
}

function ipv4(network: GuestNetwork, dhcp: DhcpServer | undefined): readonly Address[] {
  if (network.ip === 'dhcp')
    return dhcp === undefined || network.bridge === undefined
      ? []
      : [dhcp.lease(network.bridge, network.hardwareAddress)]
  return fixed('inet', network.ip)
}

function ipv6(network: GuestNetwork): readonly Address[] {
  return network.ip6 === 'auto' || network.ip6 === 'dhcp' ? [] : fixed('inet6', network.ip6)
}

function fixed(family: 'inet' | 'inet6', text: string | undefined): readonly Address[] {
  const [address, prefix] = text?.split('/') ?? []
  return address === undefined || prefix === undefined ? [] : [{ family, address, prefix: Number(prefix) }]
}

/** fe80:: with the EUI-64 of the hardware address. */
function linkLocal(hardwareAddress: string): Address {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = hardwareAddress.split(':').map((part) => Number.parseInt(part, 16))
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f]
  return { family: 'inet6', address: `fe80::${groups.map((group) => group.toString(16)).join(':')}`, prefix: 64 }
}

function subnet(bridge: string): number {
  const number = /\d+$/.exec(bridge)?.[0]
  return number === undefined
    ? 100 + ((createHash('sha1').update(bridge).digest()[0] ?? 0) % 100)
    : (Number(number) % 100) + 10
}
