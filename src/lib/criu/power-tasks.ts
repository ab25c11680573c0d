import type { ContainerAddress, PveClient, TaskEntry } from '../pve/client.js'

/** How many of the newest are looked at. */
const LIMIT = 20

/** The newest tasks that started a container or took its disk back. A token without Sys.Audit on the node sees its own ones only. */
export async function powerTasks(client: PveClient, { vmid, node }: ContainerAddress): Promise<readonly TaskEntry[]> {
  const lists = await Promise.all(
    ['vzstart', 'vzrollback', 'vzresume'].map((type) => client.tasks.list(node, { vmid, type, limit: LIMIT })),
  )
  return lists.flat().toSorted((a, b) => b.starttime - a.starttime)
}
