import { generatedContent } from '../guest/files/content.js'
import type { View } from '../guest/files/file-system.js'
import { type DirectoryNode, directory, file, type TreeNode } from '../guest/files/tree.js'
import type { Node } from '../node.js'
import { hexadecimal, parseUpid } from '../upid.js'

const LISTS = ['active', 'index', 'index.1'] as const
const FOLDERS = [...'0123456789ABCDEF']

/** /var/log/pve/tasks of a node: the lists of tasks, and their logs in a folder by the last digit of their start (PVE-FACTS 2.1). */
export function taskFiles(node: Node): View {
  const { tasks } = node
  const list = (name: string): TreeNode | undefined => {
    const known = LISTS.find((each) => each === name)
    return known && text(() => tasks.lines(known))
  }
  const log = (digit: string, upid: string): TreeNode | undefined => {
    const lines = folderOf(upid) === digit ? tasks.logs.lines(upid) : undefined
    return lines && text(() => lines)
  }
  const logs = (digit: string): DirectoryNode =>
    folder([...tasks.upids()].filter((upid) => folderOf(upid) === digit).map((upid) => [upid, log(digit, upid)]))
  return {
    lookup([first, upid, ...more]) {
      if (first === undefined) {
        return folder([
          ...LISTS.map((name) => [name, list(name)] as const),
          ...FOLDERS.map((digit) => [digit, directory()] as const),
        ])
      }
      if (more.length > 0) return undefined
      if (!FOLDERS.includes(first)) return upid === undefined ? list(first) : undefined
      return upid === undefined ? logs(first) : log(first, upid)
    },
  }
}

function folderOf(upid: string): string | undefined {
  const starttime = parseUpid(upid)?.starttime
  return starttime === undefined ? undefined : hexadecimal(starttime).at(-1)
}

function text(lines: () => readonly string[]): TreeNode {
  const content = generatedContent(() =>
    lines()
      .map((line) => `${line}\n`)
      .join(''),
  )
  return file(content, { mode: 0o640, gid: 33 })
}

function folder(entries: readonly (readonly [string, TreeNode | undefined])[]): DirectoryNode {
  const present = entries.flatMap(([name, node]) => (node === undefined ? [] : [[name, node] as const]))
  return { ...directory({ mode: 0o755, gid: 33 }), entries: new Map(present) }
}
