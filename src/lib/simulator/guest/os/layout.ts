import { contentOf } from '../files/content.js'
import { canonical, splitPath } from '../files/path.js'
import { changed, type DirectoryNode, directory, file, symlink, type TreeNode } from '../files/tree.js'
import { binary } from '../machine/program.js'

/** Puts a system's first file system together. */
export class Layout {
  #root: DirectoryNode = directory()

  get root(): DirectoryNode {
    return this.#root
  }

  directories(...paths: readonly string[]): this {
    for (const path of paths) this.#put(path, (node) => node ?? directory())
    return this
  }

  directory(path: string, mode: number): this {
    return this.#put(path, () => directory({ mode }))
  }

  text(path: string, text: string, mode = 0o644): this {
    return this.#put(path, () => file(contentOf(text), { mode }))
  }

  link(path: string, target: string): this {
    return this.#put(path, () => symlink(target))
  }

  /** Binaries that run the program of their own name. */
  binaries(folder: string, names: readonly string[]): this {
    for (const name of names) this.#put(`${folder}/${name}`, () => binary(name))
    return this
  }

  binary(path: string, program: string): this {
    return this.#put(path, () => binary(program))
  }

  #put(path: string, make: (node: TreeNode | undefined) => TreeNode): this {
    const parts = splitPath(path)
    for (let depth = 1; depth < parts.length; depth++) {
      this.#root = changed(this.#root, splitPath(canonical(parts.slice(0, depth))), (node) => node ?? directory(), 0)
    }
    this.#root = changed(this.#root, parts, make, 0)
    return this
  }
}

/** What every Linux root file system has. */
export function commonLayout(accounts: { readonly passwd: string; readonly group: string }): Layout {
  return new Layout()
    .directories(
      '/dev',
      '/proc',
      '/sys',
      '/run',
      '/mnt',
      '/media',
      '/opt',
      '/srv',
      '/home',
      '/etc',
      '/usr/bin',
      '/usr/sbin',
      '/usr/lib',
      '/usr/local/bin',
      '/usr/local/sbin',
      '/usr/share/doc',
      '/var/log',
      '/var/cache',
      '/var/lib',
      '/var/spool',
    )
    .directory('/root', 0o700)
    .directory('/tmp', 0o1777)
    .directory('/var/tmp', 0o1777)
    .text('/etc/passwd', accounts.passwd)
    .text('/etc/group', accounts.group)
    .text('/etc/shadow', accounts.passwd.replace(/^([^:]+):.*$/gm, '$1:*:19700:0:99999:7:::'), 0o640)
    .text('/etc/resolv.conf', '')
    .text('/etc/hosts', '127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n')
}
