import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CmuxError } from '../errors.js'

/** The parts of the process environment that matter to SSH. */
export interface SshEnvironment {
  readonly SSH_AUTH_SOCK?: string | undefined
  readonly HOME?: string | undefined
}

/** What `~/.ssh/config` and `/etc/ssh/ssh_config` say about a host, with OpenSSH's own defaults. */
export interface HostConfig {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly identityFiles: readonly string[]
  /** Of an agent's keys, only those of `identityFiles` may be used. */
  readonly identitiesOnly: boolean
  /** Socket of the agent; undefined: none. */
  readonly agent: string | undefined
  readonly knownHostsFiles: readonly string[]
  readonly hostKeyAlias: string | undefined
  /** A ProxyJump or ProxyCommand, which is not followed here. */
  readonly proxy: string | undefined
}

/** Settles User where the files do not: on a node, and in its containers, it is root. The first value that ssh reads wins. */
const QUESTION = `printf '%s\\n' "Include \\"$2/.ssh/config\\"" 'Include /etc/ssh/ssh_config' 'Match all' 'User root' |
exec ssh -F /dev/stdin -G -- "$1"`

/**
 * Asks the OpenSSH client (`ssh -G`) what its configuration says about a host or alias. Undefined where there is no client. Error:
 * `not-configured` for a configuration that it does not understand.
 */
export async function readHostConfig(alias: string, environment: SshEnvironment): Promise<HostConfig | undefined> {
  const home = environment.HOME ?? homedir()
  const output = await new Promise<string | undefined>((resolve, reject) => {
    execFile('sh', ['-c', QUESTION, 'sh', alias, home], { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else if (error.code === 127) resolve(undefined)
      else {
        const complaint = stderr.trim().split('\n').at(-1) ?? error.message
        reject(new CmuxError('not-configured', `ssh does not understand its configuration for ${alias}: ${complaint}`))
      }
    })
  })
  return output === undefined ? undefined : parse(output, home, environment)
}

/** One `keyword value` a line. */
function parse(output: string, home: string, environment: SshEnvironment): HostConfig {
  const lines = output.split('\n').map((line) => /^(\S+) (.*)$/.exec(line) ?? [])
  const all = (name: string) => lines.flatMap(([, key, value = '']) => (key === name ? [value] : []))
  const one = (name: string) => all(name).find((value) => value !== 'none')
  const [host = '', user = 'root'] = [one('hostname'), one('user')]
  const path = (text: string) => expand(text, { d: home, h: host, r: user, '%': '%' })
  const agent = one('identityagent')
  return {
    host,
    user,
    port: Number(one('port') ?? 22),
    identityFiles: all('identityfile').map(path),
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentSocket(agent, all('identityagent').includes('none'), environment, path),
    knownHostsFiles: [...all('userknownhostsfile'), ...all('globalknownhostsfile')].flatMap((files) =>
      files.split(' ').map(path),
    ),
    hostKeyAlias: one('hostkeyalias'),
    proxy: one('proxyjump') ?? one('proxycommand'),
  }
}

function agentSocket(
  text: string | undefined,
  none: boolean,
  environment: SshEnvironment,
  path: (text: string) => string,
): string | undefined {
  if (none) return undefined
  return text === undefined || text === 'SSH_AUTH_SOCK' ? environment.SSH_AUTH_SOCK : path(text)
}

/** `~/` and the tokens that make sense in a path (ssh_config(5)). */
function expand(text: string, tokens: Readonly<Record<string, string>>): string {
  const absolute = text.startsWith('~/') ? join(tokens['d'] ?? '', text.slice(2)) : text
  return absolute.replace(/%([dhr%])/g, (whole, token: string) => tokens[token] ?? whole)
}
