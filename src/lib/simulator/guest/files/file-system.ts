import { appended, bytesOf, type Content, contentOf, textOf } from './content.js'
import { FileError } from './file-error.js'
import { MountTable } from './mount-table.js'
import { canonical, splitPath } from './path.js'
import { type Attributes, changed, type DirectoryNode, directory, file, symlink, type TreeNode } from './tree.js'
import type { Credentials, TreeHolder, View } from './view.js'

export type { Credentials, TreeHolder, View }

interface Found {
  /** Without symbolic links, `.` and `..`. */
  readonly path: readonly string[]
  readonly node: TreeNode | undefined
}

const MAX_LINKS = 40
const ROOT: Credentials = { uid: 0, gid: 0 }

/** The file system of one machine: a volume, views mounted into it, and the errors a kernel would give. */
export class FileSystem {
  readonly #holder: TreeHolder
  readonly #views: ReadonlyMap<string, View>
  readonly #mounts: MountTable
  readonly #now: () => number
  readonly #who: Credentials

  constructor(holder: TreeHolder, views: ReadonlyMap<string, View>, now: () => number, who: Credentials = ROOT) {
    this.#holder = holder
    this.#views = views
    this.#mounts = new MountTable(views)
    this.#now = now
    this.#who = who
  }

  /** The same files, seen with the rights of another user. */
  as(who: Credentials): FileSystem {
    return new FileSystem(this.#holder, this.#views, this.#now, who)
  }

  get root(): DirectoryNode {
    return this.#holder.root
  }

  /** The node behind a path, links followed; undefined when there is none. */
  find(path: string): TreeNode | undefined {
    try {
      return this.#walk(path, true).node
    } catch (error) {
      if (error instanceof FileError) return undefined
      throw error
    }
  }

  stat(path: string): TreeNode {
    return this.#need(path, true)
  }

  lstat(path: string): TreeNode {
    return this.#need(path, false)
  }

  /** The node at a path, a link as itself; undefined when there is none. */
  lstatOrNothing(path: string): TreeNode | undefined {
    try {
      return this.#walk(path, false).node
    } catch (error) {
      if (error instanceof FileError) return undefined
      throw error
    }
  }

  exists(path: string): boolean {
    return this.find(path) !== undefined
  }

  /** The path without links, `.` and `..`; the last part need not exist. */
  realPath(path: string): string {
    return canonical(this.#walk(path, true).path)
  }

  read(path: string): Content {
    const node = this.#need(path, true)
    if (node.kind === 'directory') throw new FileError('EISDIR', path)
    this.#allow(node, 4, path)
    return node.kind === 'file' ? node.content : contentOf('')
  }

  readText(path: string): string {
    return textOf(this.read(path))
  }

  readBytes(path: string): Buffer {
    return bytesOf(this.read(path))
  }

  /** Names in a directory, sorted by code point. */
  list(path: string): readonly string[] {
    return [...this.entries(path).keys()].sort()
  }

  entries(path: string): ReadonlyMap<string, TreeNode> {
    const found = this.#walk(path, true)
    const { node } = found
    if (node === undefined) throw new FileError('ENOENT', path)
    if (node.kind !== 'directory') throw new FileError('ENOTDIR', path)
    this.#allow(node, 4, path)
    return this.#mounts.within(node, canonical(found.path))
  }

  /** Creates or replaces a file. `mode` counts only for a new one. */
  write(path: string, data: string | Uint8Array | Content, mode = 0o644): void {
    const content = typeof data === 'string' || data instanceof Uint8Array ? contentOf(data) : data
    this.#put(path, mode, () => content)
  }

  append(path: string, data: string | Uint8Array, mode = 0o644): void {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data
    this.#put(path, mode, (before) => appended(before, bytes))
  }

  mkdir(path: string, mode = 0o755): void {
    const found = this.#walk(path, true)
    if (found.node !== undefined) throw new FileError('EEXIST', path)
    this.#set(found.path, path, directory({ ...this.#owner(), mode }))
  }

  /** `mkdir -p`. */
  mkdirs(path: string, mode = 0o755): void {
    const parts = splitPath(path)
    for (let depth = 1; depth <= parts.length; depth++) {
      const at = canonical(parts.slice(0, depth))
      const node = this.find(at)
      if (node === undefined) this.mkdir(at, mode)
      else if (node.kind !== 'directory') throw new FileError(depth === parts.length ? 'EEXIST' : 'ENOTDIR', path)
    }
  }

  symlink(target: string, path: string): void {
    const found = this.#walk(path, false)
    if (found.node !== undefined) throw new FileError('EEXIST', path)
    this.#set(found.path, path, symlink(target, this.#owner()))
  }

  /** Removes a file, a link or an empty directory; with `recursive` whatever is there. */
  remove(path: string, options: { readonly recursive?: boolean } = {}): void {
    const found = this.#walk(path, false)
    if (found.node === undefined) throw new FileError('ENOENT', path)
    if (found.path.length === 0 || this.#mounts.has(canonical(found.path))) throw new FileError('EBUSY', path)
    if (found.node.kind === 'directory' && found.node.entries.size > 0 && options.recursive !== true)
      throw new FileError('ENOTEMPTY', path)
    this.#set(found.path, path, undefined)
  }

  rename(from: string, to: string): void {
    const source = this.#walk(from, false)
    const target = this.#walk(to, false)
    if (source.node === undefined) throw new FileError('ENOENT', from)
    if (`${canonical(target.path)}/`.startsWith(`${canonical(source.path)}/`)) {
      if (source.path.length === target.path.length) return
      throw new FileError('EINVAL', to)
    }
    if (target.node?.kind === 'directory') {
      if (source.node.kind !== 'directory') throw new FileError('EISDIR', to)
      if (target.node.entries.size > 0) throw new FileError('ENOTEMPTY', to)
    } else if (target.node !== undefined && source.node.kind === 'directory') throw new FileError('ENOTDIR', to)
    this.#set(target.path, to, source.node)
    this.#set(source.path, from, undefined)
  }

  /** Puts a node, with everything below it, at a path: copying costs nothing. */
  place(path: string, node: TreeNode): void {
    this.#set(this.#walk(path, false).path, path, node)
  }

  /** Changes owner, mode or time. */
  setAttributes(path: string, attributes: Partial<Attributes>, options: { readonly follow?: boolean } = {}): void {
    const found = this.#walk(path, options.follow !== false)
    const { node } = found
    if (node === undefined) throw new FileError('ENOENT', path)
    if (this.#who.uid !== 0 && node.uid !== this.#who.uid) throw new FileError('EPERM', path)
    this.#set(found.path, path, { ...node, ...attributes }, { attributesOnly: true })
  }

  /** Whether the user may read (4), write (2) or execute (1) the node. */
  may(node: TreeNode, bits: number): boolean {
    if (this.#who.uid === 0) return bits !== 1 || node.kind === 'directory' || (node.mode & 0o111) !== 0
    const shift = node.uid === this.#who.uid ? 6 : node.gid === this.#who.gid ? 3 : 0
    return ((node.mode >> shift) & bits) === bits
  }

  #owner(): Attributes {
    return { mode: 0o644, uid: this.#who.uid, gid: this.#who.gid, mtime: this.#now() }
  }

  #put(path: string, mode: number, content: (before: Content) => Content): void {
    if (path.endsWith('/')) throw new FileError('EISDIR', path)
    const found = this.#walk(path, true)
    const { node } = found
    if (node?.kind === 'directory') throw new FileError('EISDIR', path)
    if (node?.kind === 'device') return
    if (node?.kind === 'file') {
      this.#allow(node, 2, path)
      const mounted = this.#mounts.at(found.path)
      if (mounted?.view.write !== undefined) {
        // Shells truncate a file before they write into it, which such a one does not feel.
        const text = textOf(content(contentOf('')))
        if (text !== '' && !mounted.view.write(mounted.rest, text)) throw new FileError('EINVAL', path)
        return
      }
      this.#set(
        found.path,
        path,
        { ...node, content: content(node.content), mtime: this.#now() },
        { attributesOnly: true },
      )
    } else this.#set(found.path, path, file(content(contentOf('')), { ...this.#owner(), mode }))
  }

  #set(
    parts: readonly string[],
    path: string,
    node: TreeNode | undefined,
    options: { readonly attributesOnly?: boolean } = {},
  ): void {
    const parent = this.#walk(canonical(parts.slice(0, -1)), true)
    if (parent.node === undefined) throw new FileError('ENOENT', path)
    if (parent.node.kind !== 'directory') throw new FileError('ENOTDIR', path)
    const mounted = this.#mounts.at(parts)
    if (mounted !== undefined) {
      if (mounted.view.store === undefined || (node !== undefined && node.kind !== 'file'))
        throw new FileError('EPERM', path)
      mounted.view.store(mounted.rest, node && textOf(node.content))
      return
    }
    if (options.attributesOnly !== true) this.#allow(parent.node, 2, path)
    this.#holder.root = changed(this.#holder.root, parts, () => node, this.#now())
  }

  #allow(node: TreeNode, bits: number, path: string): void {
    if (!this.may(node, bits)) throw new FileError('EACCES', path)
  }

  #need(path: string, follow: boolean): TreeNode {
    const { node } = this.#walk(path, follow)
    if (node === undefined) throw new FileError('ENOENT', path)
    return node
  }

  #walk(path: string, follow: boolean): Found {
    if (path === '') throw new FileError('ENOENT', path)
    let pending = splitPath(path)
    let at: readonly string[] = []
    let node: TreeNode | undefined = this.#holder.root
    let links = 0
    while (pending.length > 0) {
      const [name, ...rest]: readonly string[] = pending
      if (node === undefined || name === undefined) throw new FileError('ENOENT', path)
      if (node.kind !== 'directory') throw new FileError('ENOTDIR', path)
      this.#allow(node, 1, path)
      const next: readonly string[] = name === '..' ? at.slice(0, -1) : name === '.' ? at : [...at, name]
      const inner: TreeNode | undefined = name === '..' || name === '.' ? this.#at(next) : this.#child(node, next, name)
      if (inner?.kind === 'symlink' && (follow || rest.length > 0)) {
        links++
        if (links > MAX_LINKS) throw new FileError('ELOOP', path)
        if (inner.target.startsWith('/')) {
          at = []
          node = this.#holder.root
        }
        pending = [...splitPath(inner.target), ...rest]
        continue
      }
      at = next
      node = inner
      pending = [...rest]
    }
    if (path.endsWith('/') && node !== undefined && node.kind !== 'directory') throw new FileError('ENOTDIR', path)
    return { path: at, node }
  }

  #child(parent: DirectoryNode, path: readonly string[], name: string): TreeNode | undefined {
    const mounted = this.#mounts.at(path)
    return mounted === undefined ? parent.entries.get(name) : mounted.view.lookup(mounted.rest)
  }

  #at(path: readonly string[]): TreeNode | undefined {
    let node: TreeNode | undefined = this.#holder.root
    for (const [depth, name] of path.entries()) {
      if (node?.kind !== 'directory') return undefined
      node = this.#child(node, path.slice(0, depth + 1), name)
    }
    return node
  }
}
