import type { Cluster } from '../cluster.js'
import type { Node } from '../node.js'
import { ApiError, die, parameterError } from './api-error.js'
import type { RawParameters } from './request-parameters.js'

/** Parameters of path and request together. Throws the 400 of a request that contradicts its path (PVE-FACTS 1.4). */
export function withPathParameters(
  parameters: RawParameters,
  pathParameters: Readonly<Record<string, string>>,
): RawParameters {
  const conflicts = Object.entries(pathParameters).filter(
    ([name, value]) => String(parameters[name] ?? value) !== value,
  )
  if (conflicts.length > 0) {
    const text = 'duplicate parameter (already defined in URI) with conflicting values!'
    throw parameterError(Object.fromEntries(conflicts.map(([name]) => [name, text])))
  }
  return { ...parameters, ...pathParameters }
}

/** The node that a path names, seen from `here` (PVE-FACTS 1.5). Throws a 500 for an unknown, a 595 for an unreachable one. */
export function addressedNode(cluster: Cluster, name: unknown, here: Node): Node {
  if (name === 'localhost' || name === here.name) return here
  const node = cluster.nodes.get(String(name)) ?? unknownNode(String(name))
  if (!node.online) throw new ApiError(595, 'No route to host')
  return node
}

export function unknownNode(name: string): never {
  const reason = `failed to get address info for: ${name}: Name or service not known`
  return die(`hostname lookup '${name}' failed - ${reason}`)
}
