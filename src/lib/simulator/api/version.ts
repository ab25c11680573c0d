import type { VersionTraits } from '../version.js'
import type { ApiMethod } from './method.js'
import { NODE } from './parameters.js'

/** Which Proxmox this pretends to be (PVE-FACTS 5); `repoid` says that it only pretends. */
export function versionMethods(): readonly ApiMethod[] {
  return [
    {
      method: 'GET',
      path: '/version',
      permissions: { user: 'all' },
      parameters: {},
      handler: (_, { cluster }) => versionFields(cluster.version),
    },
    {
      method: 'GET',
      path: '/nodes/{node}/version',
      onNode: true,
      permissions: { user: 'all' },
      parameters: { node: NODE },
      handler: (_, { cluster }) => versionFields(cluster.version),
    },
  ]
}

function versionFields({ name, version, repoid }: VersionTraits) {
  return { version, release: name, repoid }
}
