import type { HttpRequest } from '../../src/lib/pve/transport.js'
import { TEMPLATE, type World } from './world.js'

/** Judges a change that a daemon ordered and the cluster accepted, at the moment when it was carried out. */
export function applied(world: World, daemon: string, { method, path, body = '' }: HttpRequest): void {
  const [, vmidText, rest = ''] = /\/nodes\/[^/]+\/lxc\/(\d+)([^?]*)/.exec(path) ?? []
  if (vmidText === undefined) return
  const vmid = Number(vmidText)
  const deed = `${daemon}: ${method} ${vmid}${rest}`
  if (method === 'POST' && rest === '/clone') {
    if (vmid !== TEMPLATE) world.violated(`${deed}: that is no template`)
    world.born(Number(new URLSearchParams(body).get('newid')))
    return
  }
  const owner = world.owner(vmid)
  if (owner === 'foreign' || owner === 'template') world.violated(`${deed}: that container is ${owner}`)
  const holder = world.ledger.holder(vmid)
  if (holder === undefined) return
  if (isTaking(method, rest)) world.violated(`${deed}: ${holder.instance} has it`)
  else if (world.record(vmid)?.claim?.id !== holder.claimId) world.violated(`${deed}: takes it from ${holder.instance}`)
}

/** What nobody may do to a container that somebody works in. */
const isTaking = (method: HttpRequest['method'], rest: string): boolean =>
  method === 'DELETE' || /\/rollback$|\/status\/(?:stop|shutdown|reboot|suspend)$/.test(rest)
