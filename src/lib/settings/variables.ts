import * as z from 'zod/mini'
import { POOL_VARIABLES } from './pool-variables.js'
import { fitsSocketAddress, LONGEST_SOCKET_PATH } from './socket-path.js'

/** One environment variable: how its text is read, and the words that say what is allowed. */
export interface Variable<T = unknown> {
  /** Made when there is a text to read: few of the variables are set. */
  readonly schema: () => z.ZodMiniType<T>
  /** Completes `PVE_LXC_CORES='x' must be …`. */
  readonly allowed: string
  /** What is wrong with a text that is not allowed, where it has several parts. */
  readonly mistakesIn?: (text: string) => readonly string[]
  /** Never shown; also read from `NAME_FILE` and from systemd credentials. */
  readonly secret?: true
}

const variable = <T>(schema: Variable<T>['schema'], allowed: string): Variable<T> => ({ schema, allowed })

const text = (pattern: RegExp) => z.string().check(z.regex(pattern))
const integer = (minimum: number, maximum: number) =>
  variable(
    () =>
      z.pipe(text(/^\d{1,15}$/), z.pipe(z.transform(Number), z.number().check(z.minimum(minimum), z.maximum(maximum)))),
    `a whole number from ${minimum} to ${maximum}`,
  )

const vmid = integer(100, 999_999_999)
/** Paths are made absolute by `loadSettings`, which knows where the value was written. */
const path = variable(() => z.string(), 'the path of a file')

const yes = new Set(['1', 'true', 'yes', 'on'])
const no = new Set(['0', 'false', 'no', 'off'])
const boolean = variable(
  () =>
    z.pipe(
      z.string().check(z.refine((value) => yes.has(value.toLowerCase()) || no.has(value.toLowerCase()))),
      z.transform((value) => yes.has(value.toLowerCase())),
    ),
  'one of 1, true, yes, on, 0, false, no, off',
)

const apiUrl = variable(
  () =>
    z.pipe(
      z.string().check(z.refine(isApiUrl)),
      z.transform((value) => new URL(value).origin),
    ),
  'https://HOST:8006, without user, query or further path',
)

const TOKEN = /^(?:PVEAPIToken=)?([^\s:/]+@[a-z][\w.-]*![a-z][\w.-]*)=(\S+)$/i

/** `PVEAPIToken=` in front is what Proxmox's documentation shows, so it is what people paste. */
const apiToken: Variable<{ readonly id: string; readonly secret: string }> = {
  schema: () =>
    z.pipe(
      z.string().check(z.regex(TOKEN)),
      z.transform((value) => {
        const [, id = '', secret = ''] = TOKEN.exec(value) ?? []
        return { id, secret }
      }),
    ),
  allowed: 'USER@REALM!ID=SECRET, as shown once when the token was created',
  secret: true,
}

const tlsFingerprint = variable(
  () =>
    z.pipe(
      text(/^[0-9a-f]{2}(?::?[0-9a-f]{2}){31}$/i),
      z.transform((value) => value.replaceAll(':', '').toUpperCase().match(/../g)?.join(':') ?? ''),
    ),
  'a SHA-256 fingerprint: 32 pairs of hex digits joined with colons',
)

/** The daemon may know two while they are being exchanged; a client sends the first. */
const poolTokens: Variable<readonly string[]> = {
  schema: () =>
    z.pipe(
      z.pipe(
        z.string(),
        z.transform((value) => value.split(/[\s,]+/).filter((token) => token !== '')),
      ),
      z.array(text(/^[\x21-\x7e]{16,256}$/)).check(z.minLength(1), z.maxLength(2)),
    ),
  allowed: 'one token of 16 to 256 printable characters, or two with a comma between them',
  secret: true,
}

const poolUrl = variable(
  () =>
    z.pipe(
      z.string().check(z.refine(isPoolUrl)),
      z.transform((value) => value.replace(/\/+$/, '')),
    ),
  `http(s)://HOST[:PORT][/PATH], without user and query, or unix:/PATH of a socket (at most ${LONGEST_SOCKET_PATH} bytes)`,
)

const SSH_HOST =
  /^(?:(?<user>[a-z_][\w.-]*)@)?(?:\[(?<six>[0-9a-f:.]+)\]|(?<host>[a-z0-9](?:[\w.-]*[a-z0-9])?))(?::(?<port>\d{1,5}))?$/i

const sshHost = variable(
  () =>
    z.pipe(
      text(SSH_HOST).check(z.refine((value) => isPort(SSH_HOST.exec(value)?.groups?.['port']))),
      z.transform((value) => {
        const { user, six, host = '', port } = SSH_HOST.exec(value)?.groups ?? {}
        return {
          host: six ?? host,
          ...(user !== undefined && { user }),
          ...(port !== undefined && { port: Number(port) }),
        }
      }),
    ),
  'HOST, USER@HOST or USER@HOST:PORT (an IPv6 address in brackets)',
)

const sshFingerprint = variable(
  () =>
    z.pipe(
      text(/^SHA256:[A-Za-z0-9+/]{43}=?$/),
      z.transform((value) => value.replace(/=$/, '')),
    ),
  'SHA256:… as `ssh-keygen -lf` prints it',
)

/** Every variable that is read, by its name (DESIGN section 5). */
export const VARIABLES = {
  PVE_API_URL: apiUrl,
  PVE_API_TOKEN: apiToken,
  PVE_VERIFY_TLS: boolean,
  PVE_CA_FILE: path,
  PVE_TLS_FINGERPRINT: tlsFingerprint,
  PVE_NODE: variable(
    () => text(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/i),
    'the name of a node: letters, digits and hyphens',
  ),
  PVE_STORAGE: variable(() => text(/^[a-z][\w.-]*[a-z0-9]$/i), 'the id of a storage, such as local-lvm'),
  PVE_TEMPLATE_VMID: vmid,
  PVE_LXC_MEMORY: integer(16, 67_108_864),
  PVE_LXC_CORES: integer(1, 8192),
  PVE_LXC_DISK: integer(1, 131_072),
  PVE_OSTEMPLATE: variable(
    () => text(/^[a-z][\w.-]*:vztmpl\/\S+$/i),
    'the id of a volume, such as local:vztmpl/debian-13-standard_13.1-2_amd64.tar.zst',
  ),
  PVE_BRIDGE: variable(() => text(/^[a-z][\w.-]{0,14}$/i), 'the name of a bridge, such as vmbr0'),
  PVE_SSH_HOST: sshHost,
  PVE_SSH_KEY: path,
  PVE_SSH_KNOWN_HOSTS: path,
  PVE_SSH_HOST_FINGERPRINT: sshFingerprint,
  PVE_SSH_ACCEPT_NEW_HOST_KEY: boolean,
  PVE_CONTAINER_HOST_FINGERPRINT: sshFingerprint,
  PVE_EXEC_MODE: variable(
    () => z.enum(['auto', 'local', 'pve-ssh', 'container-ssh']),
    'one of auto, local, pve-ssh, container-ssh',
  ),
  CONTAINER_VMID_START: vmid,
  CONTAINER_VMID_END: vmid,
  PVE_POOL_URL: poolUrl,
  POOL_TOKEN: poolTokens,
  ...POOL_VARIABLES,
} as const satisfies Readonly<Record<string, Variable>>

export type VariableName = keyof typeof VARIABLES

/** What the variables hold after validation; absent ones were not set. */
export type Values = { readonly [Name in VariableName]?: z.output<ReturnType<(typeof VARIABLES)[Name]['schema']>> }

const isPort = (text = '22'): boolean => Number(text) >= 1 && Number(text) <= 65_535

function isApiUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password, pathname, search, hash } = new URL(value)
  return protocol === 'https:' && username + password + search + hash === '' && /^\/(api2\/json\/?)?$/.test(pathname)
}

function isPoolUrl(value: string): boolean {
  if (/^unix:\/./.test(value)) return fitsSocketAddress(value.slice('unix:'.length))
  if (!URL.canParse(value)) return false
  const { protocol, username, password, search, hash } = new URL(value)
  return /^https?:$/.test(protocol) && username + password + search + hash === ''
}
