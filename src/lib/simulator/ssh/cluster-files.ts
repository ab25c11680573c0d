import type { Cluster } from '../cluster.js'
import { formatConfigFile } from '../config/config-file.js'
import { generatedContent } from '../guest/files/content.js'
import type { View } from '../guest/files/file-system.js'
import { type DirectoryNode, directory, file, symlink, type TreeNode } from '../guest/files/tree.js'

/** /etc/pve as a node shows it: the configuration files of the containers, written out when somebody reads them. */
export function clusterFiles(cluster: Cluster, self: string): View {
  const configuration = (node: string, name: string): TreeNode | undefined => {
    const vmid = /^([1-9]\d+)\.conf$/.exec(name)?.[1]
    const entry = vmid === undefined ? undefined : cluster.configs.find(Number(vmid))
    if (entry === undefined || entry.node !== node) return undefined
    return file(
      generatedContent(() => formatConfigFile(entry.config)),
      { mode: 0o640, gid: 33 },
    )
  }
  const configurations = (node: string): DirectoryNode => {
    const names = [...cluster.configs.onNode(node)].map((vmid) => `${vmid}.conf`)
    return folder(names.map((name) => [name, configuration(node, name)]))
  }
  const nodes = () => folder([...cluster.nodes.keys()].map((node) => [node, folder([['lxc', directory()]])]))
  return {
    lookup(path) {
      const [first, node, kind, name, ...more] = path
      if (first === undefined) {
        return folder([
          ['nodes', nodes()],
          ['local', symlink(`nodes/${self}`)],
          ['lxc', symlink(`nodes/${self}/lxc`)],
        ])
      }
      if (first === 'local' && node === undefined) return symlink(`nodes/${self}`)
      if (first === 'lxc' && node === undefined) return symlink(`nodes/${self}/lxc`)
      if (first !== 'nodes' || more.length > 0) return undefined
      if (node === undefined) return nodes()
      if (!cluster.nodes.has(node)) return undefined
      if (kind === undefined) return folder([['lxc', directory()]])
      if (kind !== 'lxc') return undefined
      return name === undefined ? configurations(node) : configuration(node, name)
    },
  }
}

function folder(entries: readonly (readonly [string, TreeNode | undefined])[]): DirectoryNode {
  const present = entries.flatMap(([name, node]) => (node === undefined ? [] : [[name, node] as const]))
  return { ...directory({ mode: 0o755, gid: 33 }), entries: new Map(present) }
}
