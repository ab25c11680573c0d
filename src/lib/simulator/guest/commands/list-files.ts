import { FileError } from '../files/file-error.js'
import { baseName } from '../files/path.js'
import { sizeOf, type TreeNode } from '../files/tree.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { globExpression } from '../shell/pattern.js'
import { groupName, userName } from './accounts.js'
import { forEachOperand, parseArguments } from './arguments.js'
import { modeText } from './modes.js'

export const ls: Program = async (context) => {
  const options = parseArguments(context.args, ['color', 'time-style'])
  const given = options.operands.length === 0 ? ['.'] : options.operands
  const changedAt = (operand: string) => context.files.lstatOrNothing(context.path(operand))?.mtime ?? 0
  const operands = options.has('t') ? given.toSorted((a, b) => changedAt(b) - changedAt(a)) : given
  const long = options.has('l')
  let first = true
  const status = await forEachOperand(context, operands, 'cannot access', async (operand) => {
    const path = context.path(operand)
    const node = options.has('d') || long ? context.files.lstat(path) : context.files.stat(path)
    if (node.kind !== 'directory' || options.has('d')) {
      await context.out(`${long ? longLine(context, node, operand) : operand}\n`)
      return
    }
    await listDirectory(operand, path)
  })
  return status === 0 ? 0 : 2

  async function listDirectory(shown: string, path: string): Promise<void> {
    if (operands.length > 1 || options.has('R')) await context.out(`${first ? '' : '\n'}${shown}:\n`)
    first = false
    const entries = [...context.files.entries(path)].filter(([name]) => options.has('a', 'A') || !name.startsWith('.'))
    if (options.has('a')) entries.push(['.', context.files.stat(path)], ['..', context.files.stat(`${path}/..`)])
    entries.sort(([a, x], [b, y]) => (options.has('t') && x.mtime !== y.mtime ? y.mtime - x.mtime : a < b ? -1 : 1))
    if (options.has('r')) entries.reverse()
    if (long) await context.out(`total ${entries.length * 4}\n`)
    for (const [name, node] of entries)
      await context.out(
        `${long ? longLine(context, node, name) : name}${options.has('F', 'p') && node.kind === 'directory' ? '/' : ''}\n`,
      )
    if (!options.has('R')) return
    for (const [name, node] of entries)
      if (node.kind === 'directory' && name !== '.' && name !== '..')
        await listDirectory(`${shown}/${name}`, `${path}/${name}`)
  }
}

function longLine(context: ProgramContext, node: TreeNode, name: string): string {
  const owner = userName(context.files, node.uid) ?? String(node.uid)
  const group = groupName(context.files, node.gid) ?? String(node.gid)
  const date = new Date(node.mtime)
  const month = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'][date.getUTCMonth()]
  const time = `${month} ${String(date.getUTCDate()).padStart(2)} ${date.toISOString().slice(11, 16)}`
  const target = node.kind === 'symlink' ? ` -> ${node.target}` : ''
  return `${modeText(node)} ${node.kind === 'directory' ? 2 : 1} ${owner} ${group} ${String(nodeSize(node)).padStart(5)} ${time} ${name}${target}`
}

function nodeSize(node: TreeNode): number {
  return node.kind === 'file'
    ? node.content.size
    : node.kind === 'symlink'
      ? node.target.length
      : node.kind === 'directory'
        ? 4096
        : 0
}

const KINDS = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  device: 'character special file',
} as const

/** `stat`, with `-c FORMAT` and `-L`. */
export const stat: Program = async (context) => {
  const options = parseArguments(context.args, ['c', 'format', 'printf'])
  const format = options.value('c', 'format')
  return forEachOperand(context, options.operands, 'cannot statx', async (operand) => {
    const path = context.path(operand)
    const node = options.has('L') ? context.files.stat(path) : context.files.lstat(path)
    const size = nodeSize(node)
    const owner = userName(context.files, node.uid) ?? 'UNKNOWN'
    const group = groupName(context.files, node.gid) ?? 'UNKNOWN'
    const kind = node.kind === 'file' && size === 0 ? 'regular empty file' : KINDS[node.kind]
    const modified = new Date(node.mtime).toISOString().replace('T', ' ').replace('Z', '000000 +0000')
    const fields: Readonly<Record<string, string>> = {
      a: node.mode.toString(8),
      A: modeText(node),
      u: String(node.uid),
      U: owner,
      g: String(node.gid),
      G: group,
      s: String(size),
      n: operand,
      N: `'${operand}'${node.kind === 'symlink' ? ` -> '${node.target}'` : ''}`,
      F: kind,
      Y: String(Math.floor(node.mtime / 1000)),
      y: modified,
      X: String(Math.floor(node.mtime / 1000)),
      Z: String(Math.floor(node.mtime / 1000)),
      h: '1',
      i: '1',
      b: String(Math.ceil(size / 4096) * 8),
      B: '512',
      o: '4096',
      '%': '%',
    }
    const shown = (text: string) => text.replace(/%([a-zA-Z%])/g, (whole, letter: string) => fields[letter] ?? whole)
    const printed = options.value('printf')
    if (printed !== undefined) await context.out(shown(printed).replaceAll('\\n', '\n'))
    else if (format !== undefined) await context.out(`${shown(format)}\n`)
    else {
      await context.out(
        shown(
          '  File: %N\n  Size: %s\t\tBlocks: %b\tIO Block: %o\t%F\nAccess: (0%a/%A)  Uid: (%u/%U)   Gid: (%g/%G)\nModify: %y\n',
        ).replaceAll("'", ''),
      )
    }
  })
}

/** `find PATH… -name -path -type -maxdepth -mindepth -not -delete -exec … -print -print0`. */
export const find: Program = async (context) => {
  const split = context.args.findIndex((word) => word.startsWith('-') || word === '!' || word === '(')
  const roots = split === 0 ? ['.'] : context.args.slice(0, split < 0 ? undefined : split)
  const words = split < 0 ? [] : context.args.slice(split)
  const number = (name: string, otherwise: number) =>
    words.includes(name) ? Number(words[words.indexOf(name) + 1]) : otherwise
  const deepest = number('-maxdepth', Number.POSITIVE_INFINITY)
  const shallowest = number('-mindepth', 0)
  let status = 0

  const visit = async (shown: string, node: TreeNode, depth: number): Promise<void> => {
    if (depth >= shallowest && !words.includes('-depth') && !words.includes('-delete')) await act(shown, node)
    if (node.kind === 'directory' && depth < deepest) {
      const path = context.path(shown)
      const entries = [...context.files.entries(path)].sort(([a], [b]) => (a < b ? -1 : 1))
      for (const [name, inner] of entries) await visit(`${shown.replace(/\/$/, '')}/${name}`, inner, depth + 1)
    }
    if (depth >= shallowest && (words.includes('-depth') || words.includes('-delete'))) await act(shown, node)
  }

  async function act(shown: string, node: TreeNode): Promise<void> {
    let acted = false
    let negated = false
    for (let at = 0; at < words.length; at++) {
      const word = words[at]
      const value = words[at + 1] ?? ''
      let holds: boolean | undefined
      if (word === '!' || word === '-not') {
        negated = true
        continue
      }
      if (word === '-name' || word === '-iname')
        holds = globExpression(word === '-iname' ? value.toLowerCase() : value).test(
          word === '-iname' ? baseName(shown).toLowerCase() : baseName(shown),
        )
      else if (word === '-path') holds = globExpression(value).test(shown)
      else if (word === '-type') holds = { f: 'file', d: 'directory', l: 'symlink', c: 'device' }[value] === node.kind
      else if (word === '-empty') {
        holds = node.kind === 'directory' ? node.entries.size === 0 : nodeSize(node) === 0
        at--
      } else if (word === '-user') holds = userName(context.files, node.uid) === value
      else if (word === '-perm') holds = node.mode === Number.parseInt(value, 8)
      else if (word === '-exec') {
        const end = words.findIndex((one, index) => index > at && (one === ';' || one === '+'))
        const command = words.slice(at + 1, end).map((one) => one.replaceAll('{}', shown))
        acted = true
        at = end
        holds = (await context.run(command)) === 0
        if (holds === negated) return
        negated = false
        continue
      } else if (word === '-delete') {
        context.files.remove(context.path(shown))
        acted = true
        continue
      } else if (word === '-print' || word === '-print0') {
        await context.out(`${shown}${word === '-print' ? '\n' : '\0'}`)
        acted = true
        continue
      } else if (word !== '-maxdepth' && word !== '-mindepth') continue
      at++
      if (holds !== undefined && holds === negated) return
      if (holds !== undefined) negated = false
    }
    if (!acted) await context.out(`${shown}\n`)
  }

  for (const root of roots) {
    try {
      await visit(root, context.files.lstat(context.path(root)), 0)
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      await context.err(`find: '${root}': ${error.message}\n`)
      status = 1
    }
  }
  return status
}

export const du: Program = async (context) => {
  const options = parseArguments(context.args, ['d', 'max-depth'])
  return forEachOperand(
    context,
    options.operands.length === 0 ? ['.'] : options.operands,
    'cannot access',
    async (operand) => {
      const { bytes } = sizeOf(context.files.stat(context.path(operand)))
      const blocks = Math.ceil(bytes / 1024)
      await context.out(
        `${options.has('b') ? bytes : options.has('h') ? humanSize(bytes) : options.has('m') ? Math.ceil(blocks / 1024) : blocks}\t${operand}\n`,
      )
    },
  )
}

/** `1.5G`, as coreutils' `-h` prints it. */
export function humanSize(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value < 10 && unit > 0 ? (Math.ceil(value * 10) / 10).toFixed(1) : Math.ceil(value)}${units[unit]}`
}
