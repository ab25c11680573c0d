import type { TreeNode } from '../files/tree.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { gidOf, uidOf } from './accounts.js'
import { forEachOperand, parseArguments } from './arguments.js'
import { changedMode } from './modes.js'

/** Runs `change` on each operand, and with -R on everything below. */
async function attributes(
  context: ProgramContext,
  operands: readonly string[],
  recursive: boolean,
  change: (path: string, node: TreeNode) => void,
): Promise<number> {
  const visit = (path: string) => {
    const node = context.files.lstat(path)
    if (node.kind === 'symlink' && recursive) return
    change(path, context.files.stat(path))
    if (recursive && node.kind === 'directory') for (const name of node.entries.keys()) visit(`${path}/${name}`)
  }
  return forEachOperand(context, operands, 'cannot access', (operand) => visit(context.path(operand)))
}

export const chmod: Program = async (context) => {
  const recursive = context.args.some((word) => /^-R|^--recursive/.test(word))
  const [mode = '', ...operands] = context.args.filter((word) => !/^-[Rfvc]+$|^--/.test(word))
  if (changedMode(mode, 0, false) === undefined) {
    await context.err(`chmod: invalid mode: '${mode}'\n`)
    return 1
  }
  return attributes(context, operands, recursive, (path, node) => {
    context.files.setAttributes(path, { mode: changedMode(mode, node.mode, node.kind === 'directory') ?? node.mode })
  })
}

export const chown: Program = async (context) => {
  const options = parseArguments(context.args)
  const [owner = '', ...operands] = options.operands
  const [user = '', group] = context.argv[0]?.endsWith('chgrp') === true ? ['', owner] : owner.split(/[:.]/)
  const uid = user === '' ? undefined : uidOf(context.files, user)
  const gid = group === undefined || group === '' ? undefined : gidOf(context.files, group)
  if ((user !== '' && uid === undefined) || (group !== undefined && group !== '' && gid === undefined)) {
    await context.err(
      `${context.argv[0]}: invalid ${user !== '' && uid === undefined ? 'user' : 'group'}: '${owner}'\n`,
    )
    return 1
  }
  return attributes(context, operands, options.has('R', 'recursive'), (path) => {
    context.files.setAttributes(path, { ...(uid === undefined ? {} : { uid }), ...(gid === undefined ? {} : { gid }) })
  })
}

export const touch: Program = async (context) => {
  const options = parseArguments(context.args, ['d', 't', 'r'])
  const date = options.value('d')
  const mtime =
    date === undefined
      ? context.machine.clock.now()
      : date.startsWith('@')
        ? Number(date.slice(1)) * 1000
        : Date.parse(date)
  return forEachOperand(context, options.operands, 'cannot touch', (operand) => {
    const path = context.path(operand)
    if (!context.files.exists(path)) {
      if (options.has('c')) return
      context.files.write(path, '', 0o666 & ~context.process.umask)
    }
    context.files.setAttributes(path, { mtime })
  })
}
