import type { ContainerConfig, ContainerStatus, NetworkInterface, PendingChange } from './container-data.js'
import {
  Fields,
  flag,
  listOf,
  nullOr,
  number,
  object,
  oneOf,
  type Reader,
  scalar,
  text,
  WireError,
  words,
} from './reader.js'
import { isVmid, type Vmid } from './vmid.js'

export const vmid: Reader<Vmid> = (value, where) => {
  const parsed = number(value, where)
  if (!isVmid(parsed)) throw new WireError(`${where} is ${parsed}, expected a VMID`)
  return parsed
}

const orZero: Reader<number> = (value, where) => (value === undefined || value === null ? 0 : number(value, where))

/** An entry of /nodes/{node}/lxc, or status/current (PVE-FACTS 3.1). */
export const containerStatus = (node: string): Reader<ContainerStatus> =>
  object((fields) => {
    const id = fields.get('vmid', vmid)
    return {
      vmid: id,
      node,
      name: fields.maybe('name', text) ?? `CT${id}`,
      status: fields.get('status', oneOf('running', 'stopped')),
      template: fields.get('template', flag),
      tags: fields.get('tags', words),
      ...fields.optional('lock', text),
      cpus: fields.get('cpus', orZero),
      cpu: fields.get('cpu', orZero),
      mem: fields.get('mem', orZero),
      maxmem: fields.get('maxmem', orZero),
      swap: fields.get('swap', orZero),
      maxswap: fields.get('maxswap', orZero),
      disk: fields.get('disk', orZero),
      maxdisk: fields.get('maxdisk', orZero),
      netin: fields.get('netin', orZero),
      netout: fields.get('netout', orZero),
      diskread: fields.get('diskread', orZero),
      diskwrite: fields.get('diskwrite', orZero),
      uptime: fields.get('uptime', orZero),
      ...fields.optional('pid', number),
    }
  })

/** A configuration, of the container or of a snapshot of it (PVE-FACTS 3.5, 4). */
export const containerConfig: Reader<ContainerConfig> = object((fields) => {
  const options: Record<string, string | number> = {}
  for (const [key, value] of fields.entries()) {
    if (key !== 'digest' && key !== 'lxc' && value !== null) options[key] = scalar(value, `data.${key}`)
  }
  return {
    digest: fields.maybe('digest', text) ?? '',
    ...fields.optional('hostname', text),
    ...fields.optional('description', text),
    tags: fields.get('tags', words),
    template: fields.get('template', flag),
    ...fields.optional('lock', text),
    ...fields.optional('parent', text),
    options,
    lxc: fields.maybe('lxc', listOf(rawLine)) ?? [],
  }
})

function rawLine(value: unknown, where: string): readonly [string, string] {
  const [key, line] = listOf(text)(value, where)
  if (key === undefined || line === undefined) throw new WireError(`${where} is not a pair`)
  return [key, line]
}

/** GET pending, which also lists what is not pending (PVE-FACTS 3.5). */
export const pendingChange: Reader<PendingChange> = object((fields) => {
  const deletion = fields.maybe('delete', number)
  return {
    key: fields.get('key', text),
    ...fields.optional('value', scalar),
    ...fields.optional('pending', scalar),
    ...(deletion !== undefined && { delete: deletion > 0 }),
  }
})

/** Older servers send `inet` and `inet6` only, newer ones every address (PVE-FACTS 3.10). A stopped container has none: null. */
export const networkInterfaces: Reader<readonly NetworkInterface[] | null> = nullOr(
  listOf((value, where) => {
    const fields = new Fields(value, where)
    const all = fields.maybe('ip-addresses', listOf(address))
    return {
      name: fields.get('name', text),
      hwaddr: fields.maybe('hardware-address', text) ?? fields.maybe('hwaddr', text) ?? '',
      addresses: all ?? [...cidr('inet', fields.maybe('inet', text)), ...cidr('inet6', fields.maybe('inet6', text))],
    }
  }),
)

const address = object((fields) => ({
  type: fields.get('ip-address-type', oneOf('inet', 'inet6')),
  address: fields.get('ip-address', text),
  prefix: fields.get('prefix', number),
}))

function cidr(type: 'inet' | 'inet6', value: string | undefined) {
  if (value === undefined) return []
  const [host = '', prefix] = value.split('/')
  return [{ type, address: host, prefix: Number(prefix ?? (type === 'inet' ? 32 : 128)) }]
}
