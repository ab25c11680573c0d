import type { Cluster } from '../cluster.js'
import { formatConfigFile, parseConfigFile } from '../config/config-file.js'
import { generatedContent } from '../guest/files/content.js'
import { FileError, type FileErrorCode } from '../guest/files/file-error.js'
import type { View } from '../guest/files/file-system.js'
import { type DirectoryNode, directory, file, symlink, type TreeNode } from '../guest/files/tree.js'

/** /etc/pve as a node shows it: the configuration files of the containers, written out when somebody reads them, and
 * read when somebody writes them (PVE-FACTS 4.1). */
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
  const store = (path: readonly string[], text: string | undefined) => {
    const [, node = '', kind, name = '', ...more] = path
    const vmid = Number(/^([1-9]\d{2,8})\.conf$/.exec(name)?.[1])
    const refused = (code: FileErrorCode) => new FileError(code, `/etc/pve/${path.join('/')}`)
    if (!cluster.nodes.has(node) || kind !== 'lxc' || more.length > 0 || Number.isNaN(vmid)) throw refused('EPERM')
    if (!cluster.quorate) throw refused('EACCES')
    const entry = cluster.configs.find(vmid)
    if (text === undefined) cluster.configs.delete(vmid)
    else if (entry === undefined) cluster.configs.create(vmid, node, parseConfigFile(text))
    else if (entry.node === node) cluster.configs.write(vmid, node, parseConfigFile(text))
    else throw refused('EEXIST')
  }
  const nodes = () => folder([...cluster.nodes.keys()].map((node) => [node, folder([['lxc', directory()]])]))
  return {
    store,
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
