import { isIPv4 } from 'node:net'

/**
 * The address of the node at `index` when the simulator listens on `host`. Every node needs one of its own, since clients reach a node
 * at its address and the port of the first one; the loopback network has enough of them. On any other host all share the one address.
 */
export function nodeAddress(host: string, index: number): string {
  if (!isIPv4(host) || !host.startsWith('127.')) return host
  const [last = 1, ...others] = host.split('.').map(Number).reverse()
  return [...others.reverse(), last + index].join('.')
}
