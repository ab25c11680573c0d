import type { HttpRequest } from '../../src/lib/pve/transport.js'
import { TEMPLATE, type World } from './world.js'

/** Judges a change that a daemon ordered and the cluster accepted, at the moment when it was carried out. `ordered`: when that was, in milliseconds since the epoch. */
export function applied(world: World, daemon: string, { method, path, body = '' }: HttpRequest, ordered: number): void {
  const { vmid, rest } = addressed(path)
  if (vmid === undefined) return
  const deed = `${daemon}: ${method} ${vmid}${rest}`
  if (method === 'POST' && rest === '/clone') {
    if (vmid !== TEMPLATE) world.violated(`${deed}: that is no template`)
    world.born(Number(new URLSearchParams(body).get('newid')))
    return
  }
  if (world.isForeignSince(vmid, ordered)) return
  const owner = world.owner(vmid)
  if (owner === 'foreign' || owner === 'template') world.violated(`${deed}: that container is ${owner}`)
  const holder = world.ledger.holder(vmid)
  if (holder === undefined) return
  if (isTaking(method, rest)) world.violated(`${deed}: ${holder.instance} has it`)
  else if (world.record(vmid)?.claim?.id !== holder.claimId) world.violated(`${deed}: takes it from ${holder.instance}`)
}

/** Judges an order to destroy a container when it is sent: whoever gives it has looked at the container since it was changed last. */
export function ordered(world: World, daemon: string, { method, path }: HttpRequest): void {
  const { vmid, rest } = addressed(path)
  if (method !== 'DELETE' || vmid === undefined || rest !== '' || world.entry(vmid) === undefined) return
  if (!world.sightings.isSeen(daemon, vmid)) world.violated(`${daemon}: DELETE ${vmid} without a second look`)
}

/** The container that a path is about, and what follows its VMID. */
export function addressed(path: string): { readonly vmid?: number; readonly rest: string } {
  const [, vmid, rest = ''] = /\/nodes\/[^/]+\/lxc\/(\d+)([^?]*)/.exec(path) ?? []
  return vmid === undefined ? { rest } : { vmid: Number(vmid), rest }
}

/** What nobody may do to a container that somebody works in. */
const isTaking = (method: HttpRequest['method'], rest: string): boolean =>
  method === 'DELETE' || /\/rollback$|\/status\/(?:stop|shutdown|reboot|suspend)$/.test(rest)
