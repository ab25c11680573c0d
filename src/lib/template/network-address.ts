import { isIPv4 } from 'node:net'
import { CmuxError } from '../errors.js'

/** Refuses what Proxmox would refuse as the address of a container's network card. */
export function checkAddress(text: string): void {
  const [, address = '', bits = ''] = /^(.*)\/(\d{1,2})$/.exec(text) ?? []
  if (text === 'dhcp' || text === 'manual' || (isIPv4(address) && Number(bits) <= 32)) return
  throw new CmuxError('invalid', `'${text}' is not an address with its prefix length`, {
    hint: 'Write it like 10.0.0.5/24, or say dhcp.',
  })
}

/** The same for the bridge that it is on: the name of a network device of the node. */
export function checkBridge(text: string): void {
  if (/^[a-z][\w.-]{0,14}$/i.test(text)) return
  throw new CmuxError('invalid', `'${text}' is not the name of a bridge`, { hint: 'Write it like vmbr0.' })
}

/** The same for the gateway. */
export function checkGateway(text: string): void {
  if (isIPv4(text)) return
  throw new CmuxError('invalid', `'${text}' is not the address of a gateway`, { hint: 'Write it like 10.0.0.1.' })
}
