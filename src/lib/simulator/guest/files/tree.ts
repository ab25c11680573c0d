import { type Content, EMPTY } from './content.js'

/** Owner, permission bits and modification time (milliseconds since the epoch). */
export interface Attributes {
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
}

export interface FileNode extends Attributes {
  readonly kind: 'file'
  readonly content: Content
}

export interface DirectoryNode extends Attributes {
  readonly kind: 'directory'
  readonly entries: ReadonlyMap<string, TreeNode>
}

export interface LinkNode extends Attributes {
  readonly kind: 'symlink'
  readonly target: string
}

export type DeviceName = 'null' | 'zero' | 'full' | 'random' | 'tty' | 'stdin' | 'stdout' | 'stderr'

export interface DeviceNode extends Attributes {
  readonly kind: 'device'
  readonly device: DeviceName
}

/**
 * A file system as an immutable tree. Changing a file makes new directories from it up to the root and shares the rest,
 * so a snapshot or a clone is nothing but another reference to a root.
 */
export type TreeNode = FileNode | DirectoryNode | LinkNode | DeviceNode

export function directory(attributes: Partial<Attributes> = {}): DirectoryNode {
  return { kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, ...attributes, entries: new Map() }
}

export function file(content: Content = EMPTY, attributes: Partial<Attributes> = {}): FileNode {
  return { kind: 'file', mode: 0o644, uid: 0, gid: 0, mtime: 0, ...attributes, content }
}

export function symlink(target: string, attributes: Partial<Attributes> = {}): LinkNode {
  return { kind: 'symlink', mode: 0o777, uid: 0, gid: 0, mtime: 0, ...attributes, target }
}

export function device(name: DeviceName): DeviceNode {
  return { kind: 'device', mode: 0o666, uid: 0, gid: 0, mtime: 0, device: name }
}

/**
 * The tree with the node at `path` replaced by what `change` makes of it; undefined removes it. Every directory on the
 * way must exist. A directory that gains or loses a name gets `mtime`.
 */
export function changed(
  root: DirectoryNode,
  path: readonly string[],
  change: (node: TreeNode | undefined) => TreeNode | undefined,
  mtime: number,
): DirectoryNode {
  const [name, ...rest] = path
  if (name === undefined) {
    const next = change(root)
    return next?.kind === 'directory' ? next : root
  }
  const before = root.entries.get(name)
  const inner = rest.length > 0 && before?.kind === 'directory' ? changed(before, rest, change, mtime) : undefined
  const after = rest.length > 0 ? inner : change(before)
  if (after === before) return root
  const entries = new Map(root.entries)
  if (after === undefined) entries.delete(name)
  else entries.set(name, after)
  return { ...root, entries, mtime: before === undefined || after === undefined ? mtime : root.mtime }
}

/** How many bytes the files of a tree hold, and how many nodes it has. */
export function sizeOf(node: TreeNode): { readonly bytes: number; readonly nodes: number } {
  if (node.kind === 'file') return { bytes: node.content.size, nodes: 1 }
  if (node.kind !== 'directory') return { bytes: 0, nodes: 1 }
  let bytes = 4096
  let nodes = 1
  for (const entry of node.entries.values()) {
    const inner = sizeOf(entry)
    bytes += inner.bytes
    nodes += inner.nodes
  }
  return { bytes, nodes }
}
