import type { ContainerConfig } from '../config/container-config.js'
import { networkInterfaces } from '../config/network.js'
import { mountPoints } from '../config/volumes.js'
import type { GuestSpec } from '../guest/guest-runtime.js'
import type { Node } from '../node.js'
import { containerLimits, containerName } from './status.js'

/** What the guest's processes are made from. */
export function guestSpec(node: Node, vmid: number, config: ContainerConfig): GuestSpec {
  const { cpus, maxmem, maxswap } = containerLimits(config, node)
  return {
    node: node.name,
    vmid,
    hostname: containerName(config, vmid),
    unprivileged: config.options['unprivileged'] === 1,
    rootfs: mountPoints(config.options).find(({ name }) => name === 'rootfs')?.volume ?? '',
    memory: maxmem,
    swap: maxswap,
    cores: cpus,
    nesting: hasNesting(config),
    terminals: Number(config.options['tty'] ?? 2),
    console: Number(config.options['console'] ?? 1) === 1,
    interfaces: networkInterfaces(config.options).map(({ name, hwaddr, bridge, ip, ip6, gw }) => ({
      name,
      hardwareAddress: hwaddr,
      ...(bridge === undefined ? {} : { bridge }),
      ...(ip === undefined ? {} : { ip }),
      ...(ip6 === undefined ? {} : { ip6 }),
      ...(gw === undefined ? {} : { gateway: gw }),
    })),
  }
}

export function hasNesting({ options }: ContainerConfig): boolean {
  return /(^|,)nesting=1(,|$)/.test(String(options['features'] ?? ''))
}
