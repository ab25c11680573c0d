import type { Program } from '../machine/program.js'
import { groupName, groups, users } from './accounts.js'
import { parseArguments } from './arguments.js'
import { formatDate } from './date-format.js'
import { humanSize } from './list-files.js'

export const id: Program = async (context) => {
  const options = parseArguments(context.args)
  const { files, process } = context
  const [name] = options.operands
  const user = users(files).find((one) =>
    name === undefined ? one.uid === process.uid : one.name === name || String(one.uid) === name,
  )
  if (name !== undefined && user === undefined) {
    await context.err(`id: '${name}': no such user\n`)
    return 1
  }
  const uid = user?.uid ?? process.uid
  const gid = user?.gid ?? process.gid
  const all = [
    gid,
    ...groups(files)
      .filter((group) => group.members.includes(user?.name ?? '') && group.gid !== gid)
      .map((group) => group.gid),
  ]
  const label = (number: number, text: string | undefined) =>
    text === undefined ? String(number) : `${number}(${text})`
  if (options.has('u')) await context.out(`${options.has('n') ? (user?.name ?? uid) : uid}\n`)
  else if (options.has('g')) await context.out(`${options.has('n') ? (groupName(files, gid) ?? gid) : gid}\n`)
  else if (options.has('G'))
    await context.out(`${all.map((one) => (options.has('n') ? (groupName(files, one) ?? one) : one)).join(' ')}\n`)
  else
    await context.out(
      `uid=${label(uid, user?.name)} gid=${label(gid, groupName(files, gid))} groups=${all.map((one) => label(one, groupName(files, one))).join(',')}\n`,
    )
  return 0
}

export const whoami: Program = async (context) => {
  await context.out(
    `${users(context.files).find((user) => user.uid === context.process.uid)?.name ?? context.process.uid}\n`,
  )
  return 0
}

export const hostname: Program = async (context) => {
  const { interfaces, hostname: name } = context.machine
  if (context.args.some((word) => /^-[iI]/.test(word))) {
    const addresses = interfaces().flatMap((one) =>
      one.name === 'lo'
        ? []
        : one.addresses.filter((address) => !address.address.startsWith('fe80')).map((address) => address.address),
    )
    await context.out(`${addresses.join(' ')} \n`)
    return 0
  }
  const [word] = context.args
  if (word !== undefined && !word.startsWith('-')) context.machine.rename(word)
  else await context.out(`${word === '-s' ? name().split('.')[0] : name()}\n`)
  return 0
}

export const uname: Program = async (context) => {
  const options = parseArguments(context.args)
  const { hardware, hostname: name } = context.machine
  const fields = [
    ['s', 'Linux'],
    ['n', name()],
    ['r', hardware.kernelRelease],
    ['v', '#1 SMP PREEMPT_DYNAMIC'],
    ['m', 'x86_64'],
    ['o', 'GNU/Linux'],
  ] as const
  const wanted = fields.filter(
    ([letter]) => options.has(letter) || options.has('a') || (context.args.length === 0 && letter === 's'),
  )
  await context.out(`${wanted.map(([, text]) => text).join(' ')}\n`)
  return 0
}

export const date: Program = async (context) => {
  const options = parseArguments(context.args, ['d', 'date', 'r', 's'])
  const given = options.value('d', 'date')
  const at =
    given === undefined || given === 'now'
      ? context.machine.clock.now()
      : given.startsWith('@')
        ? Number(given.slice(1)) * 1000
        : Date.parse(given)
  if (Number.isNaN(at)) {
    await context.err(`date: invalid date '${given}'\n`)
    return 1
  }
  const format = options.operands.find((word) => word.startsWith('+'))?.slice(1)
  const iso = options.has('I') || options.has('iso-8601')
  await context.out(`${formatDate(new Date(at), format ?? (iso ? '%Y-%m-%d' : '%a %b %e %H:%M:%S UTC %Y'))}\n`)
  return 0
}

export const uptime: Program = async (context) => {
  const { clock, bootedAt } = context.machine
  const minutes = Math.floor((clock.now() - bootedAt) / 60_000)
  if (context.args[0] === '-p') await context.out(`up ${minutes} minutes\n`)
  else
    await context.out(
      ` ${new Date(clock.now()).toISOString().slice(11, 19)} up ${minutes} min,  0 users,  load average: 0.00, 0.00, 0.00\n`,
    )
  return 0
}

export const free: Program = async (context) => {
  const { memory, swap } = context.machine.hardware
  const used = Math.min(memory, 32 * 1024 ** 2 + context.machine.processes.list().length * 1024 ** 2)
  const human = context.args.some((word) => word.includes('h'))
  const unit = context.args.includes('-m') ? 1024 ** 2 : context.args.includes('-b') ? 1 : 1024
  const cell = (bytes: number) => (human ? `${humanSize(bytes)}i` : String(Math.floor(bytes / unit))).padStart(11)
  await context.out(`${' '.repeat(15)}total        used        free      shared  buff/cache   available\n`)
  await context.out(
    `Mem:   ${[memory, used, memory - used, 0, 0, memory - used].map(cell).join(' ')}\nSwap:  ${[swap, 0, swap].map(cell).join(' ')}\n`,
  )
  return 0
}

export const nproc: Program = async (context) => {
  await context.out(`${context.machine.hardware.cores}\n`)
  return 0
}

export const df: Program = async (context) => {
  const { disk } = context.machine.hardware
  const human = context.args.some((word) => /^-\w*h/.test(word))
  const used = Math.min(disk, 512 * 1024 ** 2)
  const cell = (bytes: number) => (human ? humanSize(bytes) : String(Math.floor(bytes / 1024)))
  await context.out(`Filesystem      ${human ? ' Size  Used Avail' : '1K-blocks    Used Available'} Use% Mounted on\n`)
  await context.out(
    `/dev/loop0      ${cell(disk).padStart(5)} ${cell(used).padStart(5)} ${cell(disk - used).padStart(5)} ${String(Math.ceil((used / Math.max(disk, 1)) * 100)).padStart(3)}% /\n`,
  )
  return 0
}

export const mount: Program = async (context) => {
  if (context.args.length === 0) await context.out(context.files.readText('/proc/mounts'))
  return 0
}

export const getent: Program = async (context) => {
  const [database = '', ...keys] = context.args
  if (database === 'hosts' || database === 'ahosts' || database === 'ahostsv4') {
    const found =
      keys[0] === context.machine.hostname() || keys[0] === 'localhost'
        ? '127.0.0.1'
        : /\.(?:invalid|test|local)$/.test(keys[0] ?? '')
          ? undefined
          : '203.0.113.10'
    if (found === undefined) return 2
    await context.out(`${found.padEnd(15)} ${keys[0]}\n`)
    return 0
  }
  const path = `/etc/${database}`
  if (!context.files.exists(path)) return 1
  const lines = context.files
    .readText(path)
    .split('\n')
    .filter((line) => line !== '')
  const found =
    keys.length === 0
      ? lines
      : lines.filter((line) => keys.includes(line.split(':')[0] ?? '') || keys.includes(line.split(':')[2] ?? ''))
  await context.out(found.map((line) => `${line}\n`).join(''))
  return found.length > 0 ? 0 : 2
}

/** `poweroff`, `reboot`, `halt`, `shutdown`. */
export const powerOff: Program = (context) => {
  const name = context.argv[0]?.split('/').at(-1)
  context.machine.shutdown(name === 'reboot' || context.args.includes('-r') ? 'reboot' : 'poweroff')
  return 0
}

/** Programs whose effect cannot be seen from here: `sync`, `ldconfig`, `locale-gen`. */
export const quiet: Program = () => 0

export const which: Program = async (context) => {
  let status = 0
  for (const name of context.args.filter((word) => !word.startsWith('-'))) {
    const path = (context.process.environment['PATH'] ?? '')
      .split(':')
      .map((folder) => `${folder}/${name}`)
      .find((candidate) => {
        const node = context.files.find(candidate)
        return node?.kind === 'file' && context.files.may(node, 1)
      })
    if (path === undefined) status = 1
    else await context.out(`${path}\n`)
  }
  return status
}
