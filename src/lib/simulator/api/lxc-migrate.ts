import { checkLock } from '../config/lock.js'
import { migrateContainer } from '../lxc/migrate.js'
import { die, parameterError } from './api-error.js'
import type { CallContext } from './call-context.js'
import { CONTAINER, FLAG, flag, text, vmidOf } from './lxc-parameters.js'
import type { ApiMethod, Parameters } from './method.js'

const PATH = '/nodes/{node}/lxc/{vmid}/migrate'
const MIGRATE = { path: '/vms/{vmid}', privileges: ['VM.Migrate'] }

/** Migration to another node (PVE-FACTS 3.10). */
export function lxcMigrateMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: PATH,
      protected: true,
      onNode: true,
      permissions: MIGRATE,
      parameters: { ...CONTAINER, target: { type: 'string', format: 'pve-node', optional: true } },
      handler: (parameters, { node, cluster }) => {
        const vmid = vmidOf(parameters)
        cluster.checkQuorum()
        checkLock(cluster.configs.load(vmid, node.name))
        const others = [...cluster.nodes.values()].filter((other) => other !== node && other.online)
        return {
          running: node.monitor.isRunning(vmid) ? 1 : 0,
          'allowed-nodes': others.map(({ name }) => name),
          'not-allowed-nodes': {},
        }
      },
    },
    {
      method: 'POST',
      path: PATH,
      protected: true,
      onNode: true,
      permissions: MIGRATE,
      parameters: {
        ...CONTAINER,
        target: { type: 'string', format: 'pve-node' },
        online: FLAG,
        restart: FLAG,
        timeout: { type: 'integer', optional: true, default: 180 },
        bwlimit: { type: 'number', optional: true, minimum: 0 },
        'target-storage': { type: 'string', optional: true },
      },
      handler: migrate,
    },
  ]
}

function migrate(parameters: Parameters, context: CallContext): Promise<string> {
  const { cluster, node, identity } = context
  const vmid = vmidOf(parameters)
  const name = text(parameters, 'target') ?? ''
  if (name === node.name) throw parameterError({ target: 'target is local node.' })
  cluster.checkQuorum()
  const target = cluster.nodes.get(name) ?? die(`no such cluster node '${name}'`)
  cluster.configs.load(vmid, node.name)
  const online = flag(parameters, 'online')
  const restart = flag(parameters, 'restart')
  if (node.monitor.isRunning(vmid) && !online && !restart) {
    die("can't migrate running container without --online or --restart")
  }
  const request = { vmid, target, online, restart, user: identity.id }
  return context.forkWorker('vzmigrate', String(vmid), (worker) => migrateContainer(worker, node, request))
}
