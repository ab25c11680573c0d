import type { Program, ProgramContext } from '../machine/program.js'
import { parseSignal, SIGNALS, signalNumber } from '../machine/signals.js'
import { userName } from './accounts.js'
import { parseArguments } from './arguments.js'
import { killedAfter } from './time-limit.js'

export const ps: Program = async (context) => {
  const format = parseArguments(context.args, ['o', 'p', 'C']).value('o')?.split(',') ?? []
  const full = context.args.some((word) => /f|^-?aux/.test(word))
  const { processes, clock } = context.machine
  const cell = (process: ReturnType<typeof processes.list>[number]): Readonly<Record<string, string>> => ({
    pid: String(process.pid),
    ppid: String(process.parent?.pid ?? 0),
    user: userName(context.files, process.uid) ?? String(process.uid),
    comm: (process.argv[0] ?? '').split('/').at(-1) ?? '',
    args: process.argv.join(' '),
    cmd: process.argv.join(' '),
    etimes: String(Math.floor((clock.now() - process.startedAt) / 1000)),
    stat: 'S',
  })
  if (format.length > 0) {
    const names = format.map((column) => column.replace(/=.*$/, ''))
    if (!format.some((column) => column.endsWith('=')))
      await context.out(
        `${names
          .map((name) => name.toUpperCase().padEnd(7))
          .join(' ')
          .trimEnd()}\n`,
      )
    for (const process of processes.list())
      await context.out(
        `${names
          .map((name) => (cell(process)[name] ?? '-').padEnd(7))
          .join(' ')
          .trimEnd()}\n`,
      )
    return 0
  }
  await context.out(
    full ? 'UID          PID    PPID  C STIME TTY          TIME CMD\n' : '    PID TTY          TIME CMD\n',
  )
  for (const process of processes.list()) {
    const { pid = '', ppid = '', user = '', comm = '', args = '' } = cell(process)
    await context.out(
      full
        ? `${user.padEnd(8)} ${pid.padStart(7)} ${ppid.padStart(7)}  0 00:00 ?        00:00:00 ${args}\n`
        : `${pid.padStart(7)} ?        00:00:00 ${comm}\n`,
    )
  }
  return 0
}

export const killProcess: Program = async (context) => {
  const [first = '', ...rest] = context.args
  if (first === '-l') {
    await context.out(`${SIGNALS.join(' ')}\n`)
    return 0
  }
  const named = first === '-s' ? (rest[0] ?? '') : /^-[A-Za-z0-9]+$/.test(first) ? first.slice(1) : undefined
  const operands = named === undefined ? context.args : first === '-s' ? rest.slice(1) : rest
  const pids = operands[0] === '--' ? operands.slice(1) : operands
  const signal = named === '0' ? undefined : parseSignal(named ?? 'TERM')
  if (signal === undefined && named !== '0') {
    await context.err(`${context.argv[0]}: invalid signal '${named}'\n`)
    return 1
  }
  let status = 0
  for (const pid of pids) {
    // A negative number names a process group: here the process and what descends from it.
    const process = context.machine.processes.get(Math.abs(Number(pid)))
    if (process !== undefined && signal !== undefined && pid.startsWith('-')) {
      context.machine.processes.killTree(process, signal)
    } else if (process === undefined) {
      await context.err(`${context.argv[0]}: No such process\n`)
      status = 1
    } else if (signal !== undefined) process.deliver(signal)
  }
  return status
}

/** pgrep, pkill and pidof. */
export const byName: Program = async (context) => {
  const program = context.argv[0]?.split('/').at(-1) ?? ''
  const options = parseArguments(
    context.args.filter((word) => parseSignal(word.replace(/^-/, '')) === undefined),
    ['u', 's'],
  )
  const signal = context.args
    .map((word) => (word.startsWith('-') ? parseSignal(word.slice(1)) : undefined))
    .find((found) => found !== undefined)
  const pattern = new RegExp(options.operands[0] ?? '')
  const found = context.machine.processes.list().filter((process) => {
    if (process === context.process) return false
    const name = (process.argv[0] ?? '').split('/').at(-1) ?? ''
    if (program === 'pidof' || options.has('x')) return name === options.operands[0]
    return pattern.test(options.has('f') ? process.argv.join(' ') : name)
  })
  if (program === 'pkill') for (const process of found) process.deliver(signal ?? 'TERM')
  else if (found.length > 0)
    await context.out(`${found.map((process) => process.pid).join(program === 'pidof' ? ' ' : '\n')}\n`)
  return found.length > 0 ? 0 : 1
}

export const sleep: Program = async (context) => {
  let seconds = 0
  for (const word of context.args) {
    const found = /^(\d*\.?\d+)([smhd]?)$/.exec(word)
    if (found === null && word !== 'infinity') {
      await context.err(`sleep: invalid time interval '${word}'\n`)
      return 1
    }
    seconds += word === 'infinity' ? 1e9 : duration(word)
  }
  if (context.args.length === 0) {
    await context.err('sleep: missing operand\n')
    return 1
  }
  await context.machine.clock.sleep(Math.min(seconds * 1000, 2 ** 31 - 1), context.process.signal)
  return 0
}

/** Seconds of `5`, `1.5s`, `2m`, `1h`. */
function duration(text: string): number {
  const unit = { m: 60, h: 3600, d: 86400 }[text.at(-1) ?? ''] ?? 1
  return Number.parseFloat(text) * unit
}

/** `timeout [-s SIGNAL] [-k DURATION] DURATION COMMAND…`: 124 when the time is over. */
export const timeout: Program = async (context) => {
  const options = parseArguments(context.args, ['s', 'k', 'signal', 'kill-after'], { posix: true })
  const [limit = '', ...command] = options.operands
  const signal = parseSignal(options.value('s', 'signal') ?? 'TERM') ?? 'TERM'
  if (!/^\d*\.?\d+[smhd]?$/.test(limit) || command.length === 0) {
    await context.err(`timeout: invalid time interval '${limit}'\n`)
    return 125
  }
  const { result, over } = await killedAfter(context, duration(limit) * 1000, signal, command)
  return over ? (signal === 'KILL' ? 128 + signalNumber('KILL') : 124) : result
}

/**
 * Runs another program in a session of its own. The forks of a shell that wait for it here would be replaced by it in a real one, and so
 * are in no other session.
 */
export const setsid: Program = (context) => {
  let process: ProgramContext['process'] | undefined = context.process
  for (; process?.attached === false; process = process.parent) process.foreignSession = false
  return wrapper(context)
}

/** Programs that only run another one: `nohup`, `nice`, `stdbuf`, `time`. */
export const wrapper: Program = (context) => {
  const options = parseArguments(context.args, ['n', 'o', 'e', 'i'], { posix: true })
  return context.run(options.operands)
}

export const env: Program = async (context) => {
  const options = parseArguments(context.args, ['u', 'C'], { posix: true })
  const environment = options.has('i') ? {} : { ...context.process.environment }
  for (const name of options.values('u')) delete environment[name]
  const words = options.operands
  let at = 0
  for (; at < words.length && words[at]?.includes('=') === true; at++) {
    const word = words[at] ?? ''
    environment[word.slice(0, word.indexOf('='))] = word.slice(word.indexOf('=') + 1)
  }
  if (at < words.length) return context.run(words.slice(at), { environment })
  await context.out(
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
  )
  return 0
}

export const printenv: Program = async (context: ProgramContext) => {
  const { environment } = context.process
  if (context.args.length === 0) return env(context)
  let status = 0
  for (const name of context.args) {
    const value = environment[name]
    if (value === undefined) status = 1
    else await context.out(`${value}\n`)
  }
  return status
}

/** `xargs [-0] [-n N] [-I X] COMMAND…`. */
export const xargs: Program = async (context) => {
  const options = parseArguments(context.args, ['n', 'I', 'P', 'd', 'a'], { posix: true })
  const text = (await context.stdin.readAll()).toString('utf8')
  const replaced = options.value('I')
  const words = options.has('0')
    ? text.split('\0').filter((word) => word !== '')
    : replaced === undefined
      ? (text.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, '$2'))
      : text.split('\n').filter((line) => line.trim() !== '')
  const command = options.operands.length === 0 ? ['echo'] : options.operands
  if (words.length === 0 && options.has('r', 'no-run-if-empty')) return 0
  const size = replaced === undefined ? Number(options.value('n') ?? Math.max(words.length, 1)) : 1
  let status = 0
  for (let at = 0; at === 0 || at < words.length; at += size) {
    const group = words.slice(at, at + size)
    const argv =
      replaced === undefined ? [...command, ...group] : command.map((word) => word.replaceAll(replaced, group[0] ?? ''))
    const code = await context.run(argv)
    if (code !== 0) status = code === 127 || code === 126 ? code : 123
    if (code === 127) break
  }
  return status
}
