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
  /**
   * Where its files hold what is written to them: the whole of one, new or not; undefined: it goes. Throws the FileError of what the
   * kernel refuses. Absent: it refuses everything.
   */
  store?(path: readonly string[], text: string | undefined): void
}

/** Who asks. Root may do everything that a mode could forbid. */
export interface Credentials {
  readonly uid: number
  readonly gid: number
}
