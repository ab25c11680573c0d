import { splitPath } from './path.js'
import type { DirectoryNode, TreeNode } from './tree.js'
import type { View } from './view.js'

/** Where views are mounted into a file system. */
export class MountTable {
  readonly #views: ReadonlyMap<string, View>

  constructor(views: ReadonlyMap<string, View>) {
    this.#views = views
  }

  has(path: string): boolean {
    return this.#views.has(path)
  }

  /** The view that a path without links lies in, and the path inside it. */
  at(path: readonly string[]): { readonly view: View; readonly rest: readonly string[] } | undefined {
    for (const [mountPoint, view] of this.#views) {
      const at = splitPath(mountPoint)
      if (at.length <= path.length && at.every((part, index) => part === path[index]))
        return { view, rest: path.slice(at.length) }
    }
    return undefined
  }

  /** What is in a directory, with what is mounted there. */
  within(node: DirectoryNode, path: string): ReadonlyMap<string, TreeNode> {
    const below = path === '/' ? '/' : `${path}/`
    const entries = new Map(node.entries)
    for (const [mountPoint, view] of this.#views) {
      const name = mountPoint.slice(below.length)
      if (!mountPoint.startsWith(below) || name.includes('/')) continue
      const root = view.lookup([])
      if (root !== undefined) entries.set(name, root)
    }
    return entries
  }
}
