import { logical } from '../../files/path.js'
import type { Builtin, BuiltinContext } from '../builtin.js'
import { ShellFailure, setVariable, variable } from '../shell-state.js'

/** Builtins that change the process itself: its directory and its umask. */
export const DIRECTORIES: Readonly<Record<string, Builtin>> = { cd, umask }

async function cd({ state, args, out, complain }: BuiltinContext): Promise<number> {
  const operands = args.filter((word) => word === '-' || !/^-[LPe]*$/.test(word) || word === '')
  const target = operands[0] ?? variable(state, 'HOME') ?? '/'
  const wanted = target === '-' ? (variable(state, 'OLDPWD') ?? '') : target
  const path = logical(wanted, state.process.cwd)
  const files = state.machine.files.as(state.process)
  const node = files.find(path)
  if (node?.kind !== 'directory' || !files.may(node, 1)) {
    await complain(
      state.flavour === 'bash'
        ? `cd: ${wanted}: ${node === undefined ? 'No such file or directory' : 'Not a directory'}`
        : `cd: can't cd to ${wanted}`,
    )
    return state.flavour === 'bash' ? 1 : 2
  }
  setVariable(state, 'OLDPWD', state.process.cwd)
  state.process.cwd = path
  setVariable(state, 'PWD', path)
  if (target === '-') await out(`${path}\n`)
  return 0
}

async function umask({ state, args, out }: BuiltinContext): Promise<number> {
  const [mode] = args
  if (mode === undefined) {
    await out(`${state.process.umask.toString(8).padStart(4, '0')}\n`)
    return 0
  }
  if (!/^[0-7]{1,4}$/.test(mode)) throw new ShellFailure(`umask: Illegal mode: ${mode}`, 2)
  state.process.umask = Number.parseInt(mode, 8)
  return 0
}
