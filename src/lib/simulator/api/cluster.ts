import type { Cluster } from '../cluster.js'
import { ApiError, parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { ApiMethod, Parameters } from './method.js'
import { integer, text } from './parameters.js'
import { resources } from './resources.js'

const LOWEST_VMID = 100
const HIGHEST_VMID = 1_000_000

/** What the cluster as a whole tells (PVE-FACTS 5). `addresses`: of the nodes, in their order. */
export function clusterMethods(addresses: readonly string[]): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/cluster/resources',
      permissions: { user: 'all' },
      parameters: { type: { type: 'string', enum: ['vm', 'storage', 'node', 'sdn'], optional: true } },
      handler: (parameters, context) => resources(text(parameters, 'type'), context),
    },
    {
      method: 'GET',
      path: '/cluster/nextid',
      permissions: { user: 'all' },
      parameters: { vmid: { type: 'integer', format: 'pve-vmid', optional: true } },
      handler: nextId,
    },
    {
      method: 'GET',
      path: '/cluster/status',
      permissions: { path: '/', privileges: ['Sys.Audit'] },
      parameters: {},
      handler: (_, { cluster, node }) => [...quorum(cluster), ...members(cluster, node.name, addresses)],
    },
    {
      method: 'GET',
      path: '/cluster/tasks',
      permissions: { user: 'all' },
      parameters: {},
      handler: recentTasks,
    },
  ]
}

/** A text, although the schema says integer; it reserves nothing. */
function nextId(parameters: Parameters, { cluster }: CallContext): string {
  const asked = integer(parameters, 'vmid')
  if (asked !== undefined) {
    if (cluster.configs.find(asked) !== undefined) throw parameterError({ vmid: `VM ${asked} already exists` })
    return String(asked)
  }
  const free = cluster.configs.nextFree(LOWEST_VMID, HIGHEST_VMID)
  if (free === undefined)
    throw new ApiError(500, `unable to get any free VMID in range [${LOWEST_VMID}, ${HIGHEST_VMID}]`)
  return String(free)
}

function quorum({ nodes, quorate }: Cluster) {
  if (nodes.size === 1) return []
  const { size } = nodes
  return [{ type: 'cluster', id: 'cluster', name: 'simulated', nodes: size, version: size, quorate: quorate ? 1 : 0 }]
}

function members({ nodes }: Cluster, local: string, addresses: readonly string[]) {
  return [...nodes.values()].map(({ name, online }, index) => ({
    type: 'node',
    id: `node/${name}`,
    name,
    ip: addresses[index] ?? `10.0.0.${index + 1}`,
    local: name === local ? 1 : 0,
    nodeid: nodes.size === 1 ? 0 : index + 1,
    online: online ? 1 : 0,
    level: '',
  }))
}

/** Running tasks have no status here, and a token does not see its own (PVE-FACTS 2.4). */
function recentTasks(_: Parameters, { cluster, identity, may }: CallContext) {
  const seesAll = may('/', ['Sys.Audit'])
  return [...cluster.nodes.values()]
    .flatMap((node) => node.tasks.recent())
    .map(({ status, ...task }) => {
      const [user = '', tokenid = task['tokenid']] = String(task['user']).split('!')
      const token = tokenid === undefined ? {} : { tokenid }
      return { ...task, user, ...token, ...(task['endtime'] === undefined ? {} : { status, saved: '1' }) }
    })
    .filter(({ user }) => seesAll || user === identity.id)
}
