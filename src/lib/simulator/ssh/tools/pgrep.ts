import { parseArguments } from '../../guest/commands/arguments.js'
import { guestPrograms } from '../../guest/commands/index.js'
import type { NodeTool } from './tool.js'

/** `pgrep --ns PID --nslist pid`: what runs in the same process namespace, by its number on the node. Else as everywhere. */
export const pgrep: NodeTool = async (argv, { cluster, node, shell, out }) => {
  const options = parseArguments(argv, ['ns', 'nslist'])
  const inside = Number(options.value('ns'))
  if (!options.has('ns')) return (await guestPrograms()('pgrep')?.(shell)) ?? 1
  const containers = node.monitor.vmids().map((vmid) => cluster.guests.inside?.(vmid)?.processes ?? [])
  const found = containers.find((processes) => processes.some(({ hostPid }) => hostPid === inside)) ?? []
  for (const { hostPid } of found) await out(`${hostPid}\n`)
  return found.length > 0 ? 0 : 1
}
