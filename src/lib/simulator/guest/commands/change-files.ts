import { FileError } from '../files/file-error.js'
import { baseName, directoryName } from '../files/path.js'
import type { TreeNode } from '../files/tree.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { gidOf, uidOf } from './accounts.js'
import { forEachOperand, missingOperand, parseArguments } from './arguments.js'
import { changedMode } from './modes.js'

export const mkdir: Program = async (context) => {
  const options = parseArguments(context.args, ['m', 'mode'])
  if (options.operands.length === 0) return missingOperand(context)
  const given = options.value('m', 'mode')
  const mode = changedMode(given ?? '777', 0o777, true) ?? 0o777
  return forEachOperand(context, options.operands, 'cannot create directory', (operand) => {
    const path = context.path(operand)
    const masked = 0o777 & ~context.process.umask
    if (options.has('p', 'parents')) context.files.mkdirs(path, masked)
    else context.files.mkdir(path, masked)
    if (given !== undefined) context.files.setAttributes(path, { mode })
  })
}

export const rm: Program = async (context) => {
  const options = parseArguments(context.args)
  const recursive = options.has('r', 'R', 'recursive')
  const force = options.has('f', 'force')
  if (options.operands.length === 0) return force ? 0 : missingOperand(context)
  return forEachOperand(context, options.operands, 'cannot remove', (operand) => {
    const path = context.path(operand)
    try {
      if (context.files.lstat(path).kind === 'directory' && !recursive && !options.has('d'))
        throw new FileError('EISDIR', path)
      context.files.remove(path, { recursive })
    } catch (error) {
      if (!(error instanceof FileError) || !force || (error.code !== 'ENOENT' && error.code !== 'ENOTDIR')) throw error
    }
  })
}

export const rmdir: Program = async (context) => {
  const options = parseArguments(context.args)
  return forEachOperand(context, options.operands, 'failed to remove', (operand) => {
    const path = context.path(operand)
    if (context.files.lstat(path).kind !== 'directory') throw new FileError('ENOTDIR', path)
    context.files.remove(path)
  })
}

/** Sources and the place each goes to, by the rules of cp, mv, ln and install. */
function destinations(
  context: ProgramContext,
  operands: readonly string[],
  into: string | undefined,
): readonly (readonly [string, string])[] {
  const sources = into === undefined ? operands.slice(0, -1) : operands
  const last = into ?? operands.at(-1) ?? ''
  const target = context.files.find(context.path(last))
  if (sources.length > 1 && target?.kind !== 'directory')
    throw new FileError(target === undefined ? 'ENOENT' : 'ENOTDIR', last)
  return sources.map((source) => [
    source,
    target?.kind === 'directory' ? `${last.replace(/\/+$/, '')}/${baseName(source)}` : last,
  ])
}

async function moving(
  context: ProgramContext,
  valued: readonly string[],
  action: (source: string, target: string, has: (...names: string[]) => boolean) => void | Promise<void>,
): Promise<number> {
  const options = parseArguments(context.args, ['t', ...valued])
  if (options.operands.length < (options.has('t') ? 1 : 2)) {
    await context.err(
      `${context.argv[0]}: missing ${options.operands.length === 0 ? '' : 'destination '}file operand\n`,
    )
    return 1
  }
  let status = 0
  try {
    const plain = options.has('T')
      ? [[options.operands[0] ?? '', options.operands[1] ?? ''] as const]
      : destinations(context, options.operands, options.value('t'))
    for (const [source, target] of plain) {
      try {
        await action(source, target, (...names) => options.has(...names))
      } catch (error) {
        if (!(error instanceof FileError)) throw error
        await context.err(
          `${context.argv[0]}: cannot stat '${error.path === context.path(target) ? target : source}': ${error.message}\n`,
        )
        status = 1
      }
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    await context.err(`${context.argv[0]}: target '${error.path}': ${error.message}\n`)
    return 1
  }
  return status
}

export const cp: Program = (context) =>
  moving(context, ['S'], (source, target, has) => {
    const keep = has('a', 'p', 'archive')
    const recursive = has('r', 'R', 'a', 'recursive', 'archive')
    const node = has('a', 'd', 'P')
      ? context.files.lstat(context.path(source))
      : context.files.stat(context.path(source))
    if (node.kind === 'directory' && !recursive) throw new FileError('EISDIR', source)
    const to = context.path(target)
    const existing = context.files.find(to)
    if (existing !== undefined && has('n')) return
    if (node.kind === 'file' && existing?.kind === 'file') {
      context.files.write(to, node.content)
      if (keep) context.files.setAttributes(to, { mode: node.mode, uid: node.uid, gid: node.gid, mtime: node.mtime })
    } else if (node.kind === 'directory' && existing?.kind === 'directory') merge(context, node, to, keep)
    else context.files.place(to, keep ? node : owned(context, node))
  })

function merge(context: ProgramContext, from: TreeNode, to: string, keep: boolean): void {
  const existing = context.files.find(to)
  if (from.kind !== 'directory' || existing?.kind !== 'directory') {
    context.files.place(to, keep ? from : owned(context, from))
    return
  }
  for (const [name, node] of from.entries) merge(context, node, `${to}/${name}`, keep)
}

/** The same tree as the copying process would own it. */
function owned(context: ProgramContext, node: TreeNode): TreeNode {
  const attributes = { uid: context.process.uid, gid: context.process.gid, mtime: context.machine.clock.now() }
  if (node.kind === 'symlink') return { ...node, ...attributes }
  const mode = node.mode & ~context.process.umask & 0o777
  if (node.kind !== 'directory') return { ...node, ...attributes, mode }
  return {
    ...node,
    ...attributes,
    mode,
    entries: new Map([...node.entries].map(([name, inner]) => [name, owned(context, inner)])),
  }
}

export const mv: Program = (context) =>
  moving(context, ['S'], (source, target, has) => {
    if (has('n') && context.files.exists(context.path(target))) return
    context.files.rename(context.path(source), context.path(target))
  })

export const ln: Program = async (context) => {
  const args = parseArguments(context.args, ['t', 'S'])
  const only = args.operands.length === 1 ? args.operands[0] : undefined
  const full: ProgramContext = only === undefined ? context : { ...context, args: [...context.args, '.'] }
  return moving(full, ['S'], (source, target, has) => {
    const path = context.path(target)
    if (has('f', 'sf') && context.files.lstatOrNothing(path) !== undefined) context.files.remove(path)
    if (has('s', 'symbolic')) context.files.symlink(source, path)
    else if (context.files.lstatOrNothing(path) !== undefined) throw new FileError('EEXIST', path)
    else context.files.place(path, context.files.lstat(context.path(source)))
  })
}

/** `install -m MODE -o OWNER -g GROUP SOURCE TARGET` and `install -d DIRECTORY…`. */
export const install: Program = async (context) => {
  const options = parseArguments(context.args, ['m', 'o', 'g', 't', 'mode', 'owner', 'group'])
  const mode = changedMode(options.value('m', 'mode') ?? '755', 0o755, false) ?? 0o755
  const uid = uidOf(context.files, options.value('o', 'owner') ?? '0') ?? 0
  const gid = gidOf(context.files, options.value('g', 'group') ?? '0') ?? 0
  if (options.has('d', 'directory')) {
    return forEachOperand(context, options.operands, 'cannot create directory', (operand) => {
      context.files.mkdirs(context.path(operand))
      context.files.setAttributes(context.path(operand), { mode, uid, gid })
    })
  }
  return moving(context, ['m', 'o', 'g', 'mode', 'owner', 'group'], (source, target, has) => {
    const path = context.path(target)
    if (has('D')) context.files.mkdirs(directoryName(path))
    if (context.files.lstatOrNothing(path) !== undefined) context.files.remove(path)
    context.files.write(path, context.files.read(context.path(source)))
    context.files.setAttributes(path, { mode, uid, gid })
  })
}

export const mktemp: Program = async (context) => {
  const options = parseArguments(context.args, ['p', 'tmpdir', 'suffix'])
  const template = options.operands[0] ?? 'tmp.XXXXXXXXXX'
  const folder =
    options.value('p', 'tmpdir') ??
    (options.operands.length === 0 || options.has('t') ? (context.process.environment['TMPDIR'] ?? '/tmp') : undefined)
  const wanted = /X{3,}/.exec(template)
  if (wanted === null) {
    await context.err(`mktemp: too few X's in template '${template}'\n`)
    return 1
  }
  const name =
    template.replace(wanted[0], context.machine.random.hex(wanted[0].length)) + (options.value('suffix') ?? '')
  const shown = folder === undefined ? name : `${folder}/${name}`
  return forEachOperand(
    context,
    [shown],
    options.has('d') ? 'failed to create directory via template' : 'failed to create file via template',
    async (operand) => {
      const path = context.path(operand)
      if (options.has('d')) context.files.mkdir(path, 0o700)
      else if (!options.has('u')) context.files.write(path, '', 0o600)
      await context.out(`${shown}\n`)
    },
  )
}

export const truncate: Program = async (context) => {
  const options = parseArguments(context.args, ['s', 'size'])
  const size = Number(options.value('s', 'size') ?? 0)
  return forEachOperand(context, options.operands, 'cannot open', (operand) => {
    const path = context.path(operand)
    const before = context.files.exists(path) ? context.files.readBytes(path) : Buffer.alloc(0)
    context.files.write(
      path,
      Buffer.concat([before.subarray(0, size), Buffer.alloc(Math.max(0, size - before.length))]),
    )
  })
}

export const readlink: Program = async (context) => {
  const options = parseArguments(context.args)
  let status = 0
  for (const operand of options.operands) {
    const path = context.path(operand)
    const node = context.files.lstatOrNothing(path)
    const canonical = options.has('f', 'e', 'm') || context.argv[0]?.endsWith('realpath') === true
    try {
      if (canonical) {
        if (
          context.argv[0]?.endsWith('realpath') === true &&
          !options.has('m') &&
          !context.files.exists(directoryName(path))
        )
          throw new FileError('ENOENT', path)
        await context.out(`${context.files.realPath(path)}\n`)
      } else if (node?.kind === 'symlink') await context.out(`${node.target}${options.has('n') ? '' : '\n'}`)
      else status = 1
    } catch (error) {
      if (!(error instanceof FileError)) throw error
      if (context.argv[0]?.endsWith('realpath') === true) await context.err(`realpath: ${operand}: ${error.message}\n`)
      status = 1
    }
  }
  return status
}
