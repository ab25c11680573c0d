import type { GuestSpec } from '../../../src/lib/simulator/guest/guest-runtime.js'

/** A small privileged container on the bridge. `ip` as in a netN line; absent: no network, so that it could be unprivileged too. */
export function containerSpec(vmid: number, ip?: string): GuestSpec {
  const network = { name: 'eth0', hardwareAddress: hardwareAddress(vmid), bridge: 'vmbr0' }
  return {
    node: 'pve1',
    vmid,
    hostname: `ct${vmid}`,
    unprivileged: false,
    rootfs: `local:${vmid}/vm-${vmid}-disk-0`,
    memory: 512,
    swap: 0,
    cores: 1,
    nesting: false,
    interfaces: ip === undefined ? [] : [{ ...network, ip }],
  }
}

const hardwareAddress = (vmid: number): string =>
  `02:00:00:00:${[vmid >> 8, vmid & 255].map((byte) => byte.toString(16).padStart(2, '0')).join(':')}`
