import type { Node } from '../node.js'
import { startContainer } from './start.js'

/** Starts the containers with `onboot`, one after the other, as the node does when it comes up. */
export function startOnBoot(node: Node): void {
  const { configs } = node.cluster
  const vmids = [...configs.onNode(node.name)].filter((vmid) => startsOnBoot(node, vmid)).sort((a, b) => a - b)
  if (vmids.length === 0) return
  node.fork({
    type: 'startall',
    id: '',
    user: 'root@pam',
    run: async (worker) => {
      for (const vmid of vmids) {
        if (node.monitor.isRunning(vmid)) continue
        worker.print(`Starting CT ${vmid}`)
        const start = node.fork({
          type: 'vzstart',
          id: String(vmid),
          user: 'root@pam',
          run: (child) => startContainer(child, node, vmid),
        })
        await worker.run(start.finished)
      }
    },
  })
}

function startsOnBoot(node: Node, vmid: number): boolean {
  const options = node.cluster.configs.find(vmid)?.config.options ?? {}
  return options['onboot'] === 1 && options['template'] !== 1
}
