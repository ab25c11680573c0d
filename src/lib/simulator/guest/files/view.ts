import type { DirectoryNode, TreeNode } from './tree.js'

/** Where a tree lives that can change: a volume. */
export interface TreeHolder {
  root: DirectoryNode
}

/** A read-only tree that is made when somebody looks, such as /proc. */
export interface View {
  lookup(path: readonly string[]): TreeNode | undefined
}

/** Who asks. Root may do everything that a mode could forbid. */
export interface Credentials {
  readonly uid: number
  readonly gid: number
}
