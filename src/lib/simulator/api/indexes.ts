import type { ObjectSchema } from '../schema/schema.js'
import type { ApiMethod } from './method.js'
import { NODE, STORAGE } from './parameters.js'

/** The static lists of what lies below a path. Nothing they name needs to exist. */
export function indexMethods(): readonly ApiMethod[] {
  return [
    index('/', {}, 'subdir', ['version', 'cluster', 'nodes', 'storage', 'access', 'pools']),
    index('/access', {}, 'subdir', ['users', 'roles', 'acl', 'domains', 'ticket', 'permissions']),
    index('/cluster', {}, 'name', ['resources', 'tasks', 'nextid', 'status']),
    index('/nodes/{node}', { node: NODE }, 'name', [
      'lxc',
      'version',
      'status',
      'tasks',
      'storage',
      'aplinfo',
      'network',
    ]),
    index('/nodes/{node}/storage/{storage}', { node: NODE, storage: STORAGE }, 'subdir', ['content', 'status']),
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
