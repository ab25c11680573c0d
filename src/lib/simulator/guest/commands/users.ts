import type { Program, ProgramContext } from '../machine/program.js'
import { groups, users } from './accounts.js'
import { parseArguments } from './arguments.js'

/** adduser and useradd: an entry in passwd, group and shadow, and a home. */
export const addUser: Program = async (context) => {
  const name = program(context)
  const options = parseArguments(context.args, [
    'u',
    'g',
    'G',
    'd',
    's',
    'c',
    'uid',
    'gid',
    'home',
    'shell',
    'gecos',
    'ingroup',
    'comment',
    'h',
    'D-',
  ])
  const [user, group] = options.operands
  if (user === undefined) {
    await context.err(`${name}: a user name is needed\n`)
    return 2
  }
  const { files } = context
  const existing = users(files).find((one) => one.name === user)
  if (existing !== undefined && group !== undefined && name === 'adduser') return joinGroup(context, user, group)
  if (existing !== undefined) {
    await context.err(
      name === 'adduser'
        ? `adduser: The user \`${user}' already exists.\n`
        : `useradd: user '${user}' already exists\n`,
    )
    return name === 'adduser' ? 1 : 9
  }
  const system = options.has('system', 'r', 'S')
  const uid = Number(
    options.value('u', 'uid') ??
      freeNumber(
        users(files).map((one) => one.uid),
        system,
      ),
  )
  const home = options.value('d', 'home') ?? `/home/${user}`
  const shell =
    options.value('s', 'shell') ?? (system ? '/usr/sbin/nologin' : files.exists('/bin/bash') ? '/bin/bash' : '/bin/sh')
  const gid = uid
  files.append(
    '/etc/passwd',
    `${user}:x:${uid}:${gid}:${options.value('gecos', 'c', 'comment') ?? ''}:${home}:${shell}\n`,
  )
  files.append('/etc/group', `${user}:x:${gid}:\n`)
  files.append('/etc/shadow', `${user}:!:19700:0:99999:7:::\n`, 0o640)
  for (const extra of options.value('G')?.split(',') ?? []) await joinGroup(context, user, extra)
  const makesHome = name === 'adduser' ? !options.has('no-create-home', 'H') : options.has('m', 'create-home')
  if (makesHome) {
    files.mkdirs(home)
    files.setAttributes(home, { uid, gid, mode: 0o755 })
  }
  if (name === 'adduser' && !system)
    await context.out(
      `Adding user \`${user}' ...\nAdding new group \`${user}' (${gid}) ...\nAdding new user \`${user}' (${uid}) with group \`${user}' ...\nCreating home directory \`${home}' ...\n`,
    )
  return 0
}

export const addGroup: Program = async (context) => {
  const options = parseArguments(context.args, ['g', 'gid'])
  const [group, ...more] = options.operands
  const { files } = context
  if (group === undefined) return 2
  if (more[0] !== undefined) return joinGroup(context, group, more[0])
  if (groups(files).some((one) => one.name === group)) {
    if (options.has('f')) return 0
    await context.err(`${program(context)}: group '${group}' already exists\n`)
    return 9
  }
  const gid = Number(
    options.value('g', 'gid') ??
      freeNumber(
        groups(files).map((one) => one.gid),
        options.has('system', 'r'),
      ),
  )
  files.append('/etc/group', `${group}:x:${gid}:\n`)
  return 0
}

export const userMod: Program = async (context) => {
  const options = parseArguments(context.args, ['G', 's', 'd', 'g'])
  const user = options.operands.at(-1) ?? ''
  if (!users(context.files).some((one) => one.name === user)) {
    await context.err(`usermod: user '${user}' does not exist\n`)
    return 6
  }
  for (const group of options.value('G')?.split(',') ?? []) {
    const status = await joinGroup(context, user, group)
    if (status !== 0) return status
  }
  const shell = options.value('s')
  if (shell !== undefined) editRows(context, '/etc/passwd', user, (fields) => [...fields.slice(0, 6), shell])
  return 0
}

export const deleteUser: Program = async (context) => {
  const user = context.args.at(-1) ?? ''
  const found = users(context.files).find((one) => one.name === user)
  if (found === undefined) {
    await context.err(`${program(context)}: user '${user}' does not exist\n`)
    return 6
  }
  for (const path of ['/etc/passwd', '/etc/shadow', '/etc/group']) editRows(context, path, user, () => undefined)
  if (context.args.some((word) => word === '-r' || word === '--remove-home') && context.files.exists(found.home))
    context.files.remove(found.home, { recursive: true })
  return 0
}

/** passwd and chpasswd: the password is kept as a mark, never as text. */
export const changePassword: Program = async (context) => {
  const pairs =
    program(context) === 'chpasswd'
      ? (await context.stdin.readAll())
          .toString('utf8')
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => line.split(':')[0] ?? '')
      : [context.args.find((word) => !word.startsWith('-')) ?? 'root']
  const mark = context.args.some((word) => word === '-l' || word === '-d')
    ? '!'
    : `$y$${context.machine.random.hex(16)}`
  for (const user of pairs) {
    if (!users(context.files).some((one) => one.name === user)) {
      await context.err(`${program(context)}: user '${user}' does not exist\n`)
      return 1
    }
    editRows(context, '/etc/shadow', user, (fields) => [fields[0] ?? user, mark, ...fields.slice(2)])
  }
  return 0
}

/** `su [-] USER [-c COMMAND]`, `sudo [-u USER] COMMAND`, `runuser -u USER -- COMMAND`. */
export const switchUser: Program = async (context) => {
  const sudo = program(context) !== 'su'
  const options = parseArguments(
    context.args.filter((word) => word !== '-'),
    ['c', 'u', 's', 'g'],
    { posix: sudo },
  )
  const words = options.operands.filter((word, index) => !(sudo && index === 0 && word.includes('=')))
  const name = (sudo ? options.value('u') : words[0]) ?? 'root'
  const user = users(context.files).find((one) => one.name === name)
  if (user === undefined) {
    await context.err(
      sudo
        ? `sudo: unknown user ${name}\n`
        : `su: user ${name} does not exist or the user entry does not contain all the required fields\n`,
    )
    return 1
  }
  if (context.process.uid !== 0 && !sudo) {
    await context.err('su: Authentication failure\n')
    return 1
  }
  const login = context.args.includes('-') || options.has('l', 'login', 'i', 'H')
  const environment = {
    ...context.process.environment,
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell,
  }
  const shell = options.value('s') ?? (user.shell.endsWith('nologin') ? '/bin/sh' : user.shell)
  const command = options.value('c')
  const argv =
    sudo && words.length > 0
      ? words
      : [shell, ...(command === undefined ? [] : ['-c', command]), ...(sudo ? [] : words.slice(1))]
  return context.run(argv, {
    environment,
    uid: user.uid,
    gid: user.gid,
    ...(login && context.files.exists(user.home) ? { cwd: user.home } : {}),
  })
}

async function joinGroup(context: ProgramContext, user: string, group: string): Promise<number> {
  if (!groups(context.files).some((one) => one.name === group)) {
    await context.err(`${program(context)}: group '${group}' does not exist\n`)
    return 6
  }
  editRows(context, '/etc/group', group, (fields) => {
    const members = (fields[3] ?? '').split(',').filter((member) => member !== '' && member !== user)
    return [...fields.slice(0, 3), [...members, user].join(',')]
  })
  return 0
}

function editRows(
  context: ProgramContext,
  path: string,
  key: string,
  edit: (fields: string[]) => string[] | undefined,
): void {
  if (!context.files.exists(path)) return
  const lines = context.files
    .readText(path)
    .split('\n')
    .filter((line) => line !== '')
  const edited = lines.flatMap((line) => {
    const fields = line.split(':')
    const next = fields[0] === key ? edit(fields) : fields
    return next === undefined ? [] : [next.join(':')]
  })
  context.files.write(path, edited.map((line) => `${line}\n`).join(''))
}

function freeNumber(taken: readonly number[], system: boolean): number {
  let number = system ? 100 : 1000
  while (taken.includes(number)) number++
  return number
}

function program(context: ProgramContext): string {
  return context.argv[0]?.split('/').at(-1) ?? ''
}
