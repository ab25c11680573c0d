import { SERVICE } from '../../src/lib/pool/install/layout.js'
import { roleScript } from '../../src/lib/pool/install/role.js'
import { unitText } from '../../src/lib/pool/install/unit.js'

/** What `pool install` writes where nothing is set, to be read before it is run: names in deploy/ to their texts. */
export const deploymentExamples = (): ReadonlyMap<string, string> =>
  new Map([
    [`${SERVICE}.service`, unitText({ node: '/usr/bin/node', credentials: ['PVE_API_TOKEN', 'POOL_TOKEN'] })],
    ['role.sh', roleScript({ bridge: 'vmbr0' })],
  ])
