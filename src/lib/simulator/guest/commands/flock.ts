import type { Process } from '../machine/process.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { parseArguments } from './arguments.js'

/** `flock [-n] [-w SECONDS] [-u] DESCRIPTOR` and `flock … FILE COMMAND…` (util-linux): 1 when somebody else has the lock for too long. */
export const flock: Program = async (context) => {
  const options = parseArguments(context.args, ['w', 'timeout', 'wait', 'E', 'c'], { posix: true })
  const [target = '', ...command] = options.operands
  const { locks } = context.machine
  const seconds = options.has('n', 'nonblock') ? 0 : Number(options.value('w', 'timeout', 'wait') ?? Infinity)
  const shell = options.value('c')
  const argv = shell === undefined ? command : ['sh', '-c', shell]
  if (argv.length === 0 && /^\d+$/.test(target)) {
    const path = context.opened?.get(Number(target))
    const holder = context.process.parent
    if (path === undefined || holder === undefined) {
      await context.err(`flock: ${target}: Bad file descriptor\n`)
      return 65
    }
    if (!options.has('u', 'unlock')) return (await taken(context, path, holder, seconds)) ? 0 : 1
    locks.release(path, holder)
    return 0
  }
  const path = context.path(target)
  if (!context.files.exists(path)) context.files.write(path, '')
  if (!(await taken(context, context.files.realPath(path), context.process, seconds))) return 1
  return context.run(argv)
}

async function taken(context: ProgramContext, path: string, holder: Process, seconds: number): Promise<boolean> {
  const { locks, clock } = context.machine
  const timer = new AbortController()
  const signal = AbortSignal.any([timer.signal, context.process.signal])
  const over = Number.isFinite(seconds)
    ? clock.sleep(seconds * 1000, signal).then(
        () => 'over',
        () => 'ended',
      )
    : new Promise<string>(() => undefined)
  try {
    while (!locks.take(path, holder)) {
      if (seconds === 0 || (await Promise.race([locks.released(path), over])) === 'over') return false
    }
    return true
  } finally {
    timer.abort()
  }
}
