import { FileError } from '../files/file-error.js'
import { baseName, directoryName } from '../files/path.js'
import type { Program, ProgramContext } from '../machine/program.js'
import { parseArguments } from './arguments.js'
import { fetchUrl, type WebAnswer } from './internet.js'

/** Whether the machine has an address that leads out. */
export function isOnline(context: ProgramContext): boolean {
  return context.machine
    .interfaces()
    .some((one) => one.name !== 'lo' && one.addresses.some((address) => address.family === 'inet'))
}

const CURL_VALUES = [
  'o',
  'H',
  'd',
  'X',
  'A',
  'u',
  'm',
  'w',
  'e',
  'output',
  'header',
  'data',
  'request',
  'retry',
  'connect-timeout',
  'max-time',
  'proto',
  'retry-delay',
  'user-agent',
  'output-dir',
]

export const curl: Program = async (context) => {
  const options = parseArguments(context.args, CURL_VALUES)
  const silent = options.has('s', 'silent')
  const loud = !silent || options.has('S', 'show-error')
  const [url] = options.operands
  if (url === undefined) {
    await context.err('curl: (2) no URL specified\n')
    return 2
  }
  const fail = async (code: number, message: string) => {
    if (loud) await context.err(`curl: (${code}) ${message}\n`)
    return code
  }
  const host = url.replace(/^https?:\/\//, '').split(/[/:?]/)[0] ?? ''
  const answer = localAnswer(context, host, url) ?? (isOnline(context) ? fetchUrl(url) : undefined)
  if (answer === 'refused')
    return fail(7, `Failed to connect to ${host} port ${portOf(url)} after 0 ms: Couldn't connect to server`)
  if (answer === undefined) return fail(6, `Could not resolve host: ${host}`)
  if (answer.status >= 400 && options.has('f', 'fail'))
    return fail(22, `The requested URL returned error: ${answer.status}`)
  const target = options.value('o', 'output') ?? (options.has('O', 'remote-name') ? baseName(url) : undefined)
  const body = options.has('I', 'head') ? Buffer.from(`HTTP/2 ${answer.status} \r\n\r\n`) : answer.body
  try {
    if (target === undefined || target === '-') await context.stdout.write(body)
    else {
      const path = context.path(options.has('output-dir') ? `${options.value('output-dir')}/${target}` : target)
      if (options.has('create-dirs')) context.files.mkdirs(directoryName(path))
      context.files.write(path, body, 0o666 & ~context.process.umask)
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    return fail(23, `Failure writing output to destination`)
  }
  const report = options.value('w')
  if (report !== undefined)
    await context.out(report.replaceAll('%{http_code}', String(answer.status)).replaceAll('\\n', '\n'))
  return 0
}

export const wget: Program = async (context) => {
  const options = parseArguments(context.args, ['O', 'P', 'T', 't', 'output-document', 'timeout', 'tries'])
  const quiet = options.has('q', 'quiet')
  const [url = ''] = options.operands
  const host = url.replace(/^https?:\/\//, '').split(/[/:?]/)[0] ?? ''
  const answer = isOnline(context) ? fetchUrl(url) : undefined
  if (answer === undefined) {
    if (!quiet) await context.err(`wget: unable to resolve host address '${host}'\n`)
    return 4
  }
  if (answer.status >= 400) {
    if (!quiet) await context.err(`ERROR ${answer.status}\n`)
    return 8
  }
  const target =
    options.value('O', 'output-document') ?? `${options.value('P') ?? '.'}/${baseName(url) || 'index.html'}`
  if (target === '-') await context.stdout.write(answer.body)
  else context.files.write(context.path(target), answer.body, 0o666 & ~context.process.umask)
  return 0
}

/** A server in the machine itself: none of the simulated services speaks HTTP. */
function localAnswer(context: ProgramContext, host: string, url: string): WebAnswer | 'refused' | undefined {
  const own = context.machine.interfaces().flatMap((one) => one.addresses.map((address) => address.address))
  return host === 'localhost' || own.includes(host) || url === '' ? 'refused' : undefined
}

function portOf(url: string): string {
  return /^https?:\/\/[^/]*:(\d+)/.exec(url)?.[1] ?? (url.startsWith('https') ? '443' : '80')
}

export const ping: Program = async (context) => {
  const host = parseArguments(context.args, ['c', 'W', 'w', 'i', 's']).operands[0] ?? ''
  if (!isOnline(context) && host !== 'localhost' && !host.startsWith('127.')) {
    await context.err(
      /^[\d.]+$/.test(host)
        ? 'ping: connect: Network is unreachable\n'
        : `ping: ${host}: Temporary failure in name resolution\n`,
    )
    return 2
  }
  await context.out(
    `PING ${host} 56(84) bytes of data.\n64 bytes from ${host}: icmp_seq=1 ttl=64 time=0.040 ms\n\n--- ${host} ping statistics ---\n1 packets transmitted, 1 received, 0% packet loss, time 0ms\n`,
  )
  return 0
}

/** `ip [-4|-6|-br|-j] addr|link|route [show] [dev X]`. */
export const ip: Program = async (context) => {
  const flags = context.args.filter((word) => word.startsWith('-'))
  const [object = 'addr', ...rest] = context.args.filter((word) => !word.startsWith('-'))
  const device = rest.includes('dev')
    ? rest[rest.indexOf('dev') + 1]
    : rest.filter((word) => !['show', 'list', 'up'].includes(word)).at(-1)
  const all = context.machine.interfaces()
  const shown = all.filter((one) => device === undefined || one.name === device)
  if (device !== undefined && shown.length === 0 && !object.startsWith('r')) {
    await context.err(`Device "${device}" does not exist.\n`)
    return 1
  }
  const families = flags.includes('-4') ? ['inet'] : flags.includes('-6') ? ['inet6'] : ['inet', 'inet6']
  if (object.startsWith('r')) {
    for (const one of all.filter((candidate) => candidate.name !== 'lo')) {
      const address = one.addresses.find((candidate) => candidate.family === 'inet')
      if (address === undefined) continue
      const network = address.address.replace(/\.\d+$/, '')
      await context.out(
        `default via ${network}.1 dev ${one.name} \n${network}.0/${address.prefix} dev ${one.name} proto kernel scope link src ${address.address} \n`,
      )
    }
    return 0
  }
  for (const one of shown) {
    const index = all.indexOf(one) + 1
    const addresses = one.addresses.filter((address) => families.includes(address.family))
    if (flags.some((flag) => flag.startsWith('-br'))) {
      const cells = object.startsWith('l')
        ? one.hardwareAddress.toLowerCase()
        : addresses.map((address) => `${address.address}/${address.prefix}`).join(' ')
      await context.out(`${one.name.padEnd(16)} ${(one.name === 'lo' ? 'UNKNOWN' : 'UP').padEnd(14)} ${cells} \n`)
      continue
    }
    const state = one.name === 'lo' ? '<LOOPBACK,UP,LOWER_UP> mtu 65536' : '<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500'
    await context.out(
      `${index}: ${one.name}: ${state} state ${one.name === 'lo' ? 'UNKNOWN' : 'UP'}\n    link/${one.name === 'lo' ? 'loopback' : 'ether'} ${one.hardwareAddress.toLowerCase()}\n`,
    )
    if (object.startsWith('l')) continue
    for (const address of addresses) {
      const scope = one.name === 'lo' ? 'host' : address.address.startsWith('fe80') ? 'link' : 'global'
      await context.out(
        `    ${address.family} ${address.address}/${address.prefix} scope ${scope} ${one.name}\n       valid_lft forever preferred_lft forever\n`,
      )
    }
  }
  return 0
}
