import type { ApiRouter } from '../../api/router.js'
import type { Cluster } from '../../cluster.js'
import type { Program } from '../../guest/machine/program.js'
import { criu } from './criu.js'
import { lxcCgroup } from './lxc-cgroup.js'
import { lxcCheckpoint } from './lxc-checkpoint.js'
import { lxcInfo } from './lxc-info.js'
import { nodeApi } from './node-api.js'
import { pct } from './pct/pct.js'
import { pgrep } from './pgrep.js'
import { pveam } from './pveam.js'
import { pvesh } from './pvesh.js'
import { pvesm } from './pvesm.js'
import { pveversion } from './pveversion.js'
import type { NodeTool } from './tool.js'

const TOOLS: Readonly<Record<string, NodeTool>> = {
  pct,
  pvesh,
  pvesm,
  pveam,
  pveversion,
  criu,
  'lxc-checkpoint': lxcCheckpoint,
  'lxc-info': lxcInfo,
  'lxc-cgroup': lxcCgroup,
  pgrep,
  // There is nothing to filter: it is there for those who look for it.
  'iptables-restore': () => 0,
}

/** The tools of one node as programs of its shell. */
export function nodeTools(cluster: Cluster, router: ApiRouter, name: string): ReadonlyMap<string, Program> {
  const program =
    (tool: NodeTool): Program =>
    (shell) =>
      tool(shell.args, {
        cluster,
        node: cluster.node(name),
        api: nodeApi(router, name, shell),
        shell,
        out: shell.out,
        err: shell.err,
      })
  return new Map(Object.entries(TOOLS).map(([tool, run]) => [tool, program(run)]))
}
