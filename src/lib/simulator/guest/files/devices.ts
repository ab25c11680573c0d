import type { View } from './file-system.js'
import { type DirectoryNode, device, directory, symlink, type TreeNode } from './tree.js'

/** /dev: the devices every container has. */
export function devices(): View {
  const root: DirectoryNode = {
    ...directory(),
    entries: new Map<string, TreeNode>([
      ['null', device('null')],
      ['zero', device('zero')],
      ['full', device('full')],
      ['random', device('random')],
      ['urandom', device('random')],
      ['tty', device('tty')],
      ['console', device('tty')],
      ['stdin', device('stdin')],
      ['stdout', device('stdout')],
      ['stderr', device('stderr')],
      ['fd', directory()],
      ['pts', directory()],
      ['shm', directory({ mode: 0o1777 })],
      ['core', symlink('/proc/kcore')],
    ]),
  }
  return {
    lookup(path) {
      const [name, ...rest] = path
      if (name === undefined) return root
      return rest.length === 0 ? root.entries.get(name) : undefined
    },
  }
}
