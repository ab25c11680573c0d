import type { DirectoryNode, TreeNode } from './tree.js'

/** Where a tree lives that can change: a volume. */
export interface TreeHolder {
  root: DirectoryNode
}

/** A tree that is made when somebody looks, such as /proc. */
export interface View {
  lookup(path: readonly string[]): TreeNode | undefined
  /** What is written into one of its files; false: the kernel refuses it. Absent: nothing can be written. */
  write?(path: readonly string[], text: string): boolean
}

/** Who asks. Root may do everything that a mode could forbid. */
export interface Credentials {
  readonly uid: number
  readonly gid: number
}
