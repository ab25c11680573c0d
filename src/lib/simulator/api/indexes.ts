import type { ObjectSchema } from '../schema/schema.js'
import type { ApiMethod } from './method.js'
import { NODE, STORAGE } from './parameters.js'

const words = (text: string): readonly string[] => text.trim().split(/\s+/)

const ACCESS = words('users groups roles acl domains openid tfa permissions ticket password')
const CLUSTER =
  words(`acme backup backup-info ceph config firewall ha jobs log mapping metrics nextid notifications options
  replication resources sdn status tasks`)
const NODES =
  words(`aplinfo apt capabilities ceph certificates config disks dns firewall hardware hosts journal lxc netstat
  network qemu replication report rrd rrddata scan sdn services spiceshell startall status stopall storage subscription
  suspendall syslog tasks termproxy time version vncshell vncwebsocket vzdump wakeonlan`)
const STORAGES = words(
  'content download-url file-restore import-metadata oci-registry-pull prunebackups rrd rrddata status upload',
)

/** The static lists of what lies below a path on a real node; not all of it is simulated. */
export function indexMethods(): readonly ApiMethod[] {
  return [
    index('/', {}, 'subdir', ['version', 'cluster', 'nodes', 'storage', 'access', 'pools']),
    index('/access', {}, 'subdir', ACCESS),
    index('/cluster', {}, 'name', CLUSTER),
    index('/nodes/{node}', { node: NODE }, 'name', NODES),
    {
      ...index('/nodes/{node}/storage/{storage}', { node: NODE, storage: STORAGE }, 'subdir', STORAGES),
      permissions: {
        path: '/storage/{storage}',
        privileges: ['Datastore.Audit', 'Datastore.AllocateSpace'],
        any: true,
      },
    },
    index('/nodes/{node}/tasks/{upid}', { node: NODE, upid: { type: 'string' } }, 'name', ['log', 'status']),
  ]
}

function index(path: string, parameters: ObjectSchema, key: 'name' | 'subdir', names: readonly string[]): ApiMethod {
  return {
    method: 'GET',
    path,
    permissions: { user: 'all' },
    parameters,
    handler: () => names.map((name) => ({ [key]: name })),
  }
}
