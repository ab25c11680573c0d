import { parseArguments } from '../../guest/commands/arguments.js'
import type { NodeTool } from './tool.js'

/** `lxc-info -n VMID [-s] [-p] [-i] [-H]`. */
export const lxcInfo: NodeTool = async (argv, { cluster, node, out, err }) => {
  const options = parseArguments(argv, ['n', 'name', 'c', 'config', 'P', 'lxcpath'])
  const name = options.value('n', 'name') ?? options.operands[0]
  if (name === undefined) {
    await err('lxc-info: No container name specified\n')
    return 1
  }
  const vmid = Number(name)
  if (cluster.configs.find(vmid)?.node !== node.name) {
    await err(`${name} doesn't exist\n`)
    return 1
  }
  const running = node.monitor.isRunning(vmid)
  const addresses =
    running && cluster.guests.isRunning(vmid)
      ? (await cluster.guests.interfaces(vmid))
          .filter((one) => one.name !== 'lo')
          .flatMap((one) => one.addresses.map(({ address }) => address))
      : []
  const fields: readonly (readonly [string, string, string])[] = [
    ['', 'Name', name],
    ['s', 'State', running ? 'RUNNING' : 'STOPPED'],
    ...(running ? [['p', 'PID', String(node.monitor.state(vmid)?.pid ?? 0)] as const] : []),
    ...addresses.map((address) => ['i', 'IP', address] as const),
  ]
  const chosen = ['s', 'p', 'i'].filter((letter) => options.has(letter))
  for (const [letter, label, value] of fields) {
    if (chosen.length > 0 && !chosen.includes(letter)) continue
    await out(options.has('H', 'no-humanize') ? `${value}\n` : `${`${label}:`.padEnd(15)} ${value}\n`)
  }
  return 0
}
