import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { CmuxError } from '../errors.js'
import { type ReadFile, readSettingsFile } from './files.js'
import type { ApiSettings, PoolAddress, PoolOptions, Settings, SshSettings } from './settings.js'
import { type Found, findSources } from './sources.js'
import { VARIABLES, type Values, type Variable, type VariableName } from './variables.js'

export interface LoadOptions {
  readonly environment?: Readonly<Record<string, string | undefined>>
  /** Values of the command line by the variable they stand for; they win over everything else. */
  readonly flags?: Readonly<Partial<Record<VariableName, string>>>
  /** The file named with `--env-file`. Absent: the nearest `.env` at or above `cwd`. */
  readonly envFile?: string | undefined
  readonly cwd?: string
  readonly readFile?: ReadFile
}

/**
 * Reads flags, environment, systemd credentials and `.env` (in this order of precedence) into one validated Settings.
 * Throws `not-configured` that lists every bad value with where it came from and what is allowed; absent values are not an error here
 * (see `requireApi`, `requireSsh`).
 */
export function loadSettings(options: LoadOptions = {}): Settings {
  const { environment = process.env, flags = {}, envFile, cwd = process.cwd(), readFile = readSettingsFile } = options
  const { found, problems: fileProblems } = findSources({ environment, flags, envFile, cwd, readFile })
  const problems = [...fileProblems]
  const values = validate(found, problems)
  const ca = readCertificates(found.get('PVE_CA_FILE'), values.PVE_CA_FILE, environment, readFile, problems)
  const vmids = { start: values.CONTAINER_VMID_START ?? 200, end: values.CONTAINER_VMID_END ?? 8999 }
  if (vmids.start > vmids.end) {
    problems.push(`CONTAINER_VMID_START=${vmids.start} must not be greater than CONTAINER_VMID_END=${vmids.end}`)
  }
  if (problems.length > 0) throw invalidSettings(problems)

  const file = (name: 'PVE_SSH_KEY' | 'PVE_SSH_KNOWN_HOSTS') => absolutePath(values[name], found.get(name), environment)
  const [keyFile, knownHostsFile] = [file('PVE_SSH_KEY'), file('PVE_SSH_KNOWN_HOSTS')]
  const ssh = {
    ...(keyFile !== undefined && { keyFile }),
    ...(knownHostsFile !== undefined && { knownHostsFile }),
    ...(values.PVE_SSH_ACCEPT_NEW_HOST_KEY !== undefined && { acceptNewHostKey: values.PVE_SSH_ACCEPT_NEW_HOST_KEY }),
  }
  return {
    api: apiSettings(values, ca),
    node: values.PVE_NODE,
    storage: values.PVE_STORAGE ?? 'local',
    templateVmid: values.PVE_TEMPLATE_VMID ?? 9000,
    container: {
      memory: values.PVE_LXC_MEMORY ?? 4096,
      cores: values.PVE_LXC_CORES ?? 4,
      disk: values.PVE_LXC_DISK ?? 32,
    },
    osTemplate: values.PVE_OSTEMPLATE,
    bridge: values.PVE_BRIDGE ?? 'vmbr0',
    ssh: nodeSsh(values, ssh),
    containerSsh: containerSsh(values, ssh),
    executionMode: values.PVE_EXEC_MODE ?? 'auto',
    vmids,
    pool: poolAddress(values),
    poolOptions: poolOptions(values, absolutePath(values.POOL_CONFIG, found.get('POOL_CONFIG'), environment)),
    sources: new Map([...found].map(([name, { source }]) => [name, source])),
    texts: new Map([...found].filter(([name]) => !isSecret(name)).map(([name, { text }]) => [name, text])),
  }
}

function validate(found: ReadonlyMap<VariableName, Found>, problems: string[]): Values {
  const values: Record<string, unknown> = {}
  for (const [name, { text, source }] of found) {
    const { schema, allowed, secret, mistakesIn }: Variable = VARIABLES[name]
    const result = schema().safeParse(text)
    if (result.success) values[name] = result.data
    else {
      const mistakes = mistakesIn?.(text) ?? []
      const where = mistakes.length === 0 ? '' : `; ${mistakes.join('; ')}`
      problems.push(`${name}${secret ? '' : `='${withoutPassword(text)}'`} (${source}) must be ${allowed}${where}`)
    }
  }
  // Each value has passed the schema of its own name.
  return values as Values
}

function apiSettings(values: Values, ca: string | undefined): ApiSettings | undefined {
  const { PVE_API_URL: url, PVE_API_TOKEN: token, PVE_TLS_FINGERPRINT: fingerprint } = values
  if (url === undefined || token === undefined) return undefined
  return {
    url,
    token,
    tls: {
      verify: values.PVE_VERIFY_TLS ?? true,
      ...(ca !== undefined && { ca }),
      ...(fingerprint !== undefined && { fingerprint }),
    },
  }
}

function poolAddress(values: Values): PoolAddress {
  const { PVE_POOL_URL: url = whereItListens(values), POOL_TOKEN: [token] = [] } = values
  return { url, ...(token !== undefined && { token }) }
}

/** Who listens on all addresses is asked at this machine's own; a port that is any is not known here. */
function whereItListens({ POOL_SOCKET: socket, POOL_HOST = '127.0.0.1', POOL_PORT: port }: Values): string {
  if (socket !== undefined) return `unix:${socket}`
  const host = POOL_HOST.replace(/^\[|\]$/g, '')
    .replace(/^0\.0\.0\.0$/, '127.0.0.1')
    .replace(/^::$/, '::1')
  return `http://${host.includes(':') ? `[${host}]` : host}:${port || 8007}`
}

function poolOptions(values: Values, file: string | undefined): PoolOptions {
  return {
    ...(values.POOL_NAME !== undefined && { name: values.POOL_NAME }),
    ...(values.POOL_MIN_SIZE !== undefined && { min: values.POOL_MIN_SIZE }),
    ...(values.POOL_TARGET_SIZE !== undefined && { target: values.POOL_TARGET_SIZE }),
    ...(values.POOL_MAX_SIZE !== undefined && { max: values.POOL_MAX_SIZE }),
    ...(values.POOL_HOT_SIZE !== undefined && { hot: values.POOL_HOT_SIZE }),
    ...(values.POOL_RELEASE !== undefined && { release: values.POOL_RELEASE }),
    ...(values.POOL_PROBE !== undefined && { probe: values.POOL_PROBE }),
    ...(values.POOL_TEMPLATES !== undefined && { templates: values.POOL_TEMPLATES }),
    ...(file !== undefined && { file }),
    ...(values.CONTAINER_HOSTNAME_PREFIX !== undefined && { hostnamePrefix: values.CONTAINER_HOSTNAME_PREFIX }),
    ...(values.CLONE_MAX_RETRIES !== undefined && { cloneRetries: values.CLONE_MAX_RETRIES }),
    ...(values.CLONE_RETRY_DELAY_SECONDS !== undefined && { cloneDelay: values.CLONE_RETRY_DELAY_SECONDS }),
    ...(values.CLONE_RETRY_JITTER_SECONDS !== undefined && { cloneJitter: values.CLONE_RETRY_JITTER_SECONDS }),
    ...(values.REPLENISH_INTERVAL_SECONDS !== undefined && { interval: values.REPLENISH_INTERVAL_SECONDS }),
    ...(values.REPLENISH_BATCH_SIZE !== undefined && { batch: values.REPLENISH_BATCH_SIZE }),
    ...(values.POOL_HOST !== undefined && { host: values.POOL_HOST.replace(/^\[|\]$/g, '') }),
    ...(values.POOL_PORT !== undefined && { port: values.POOL_PORT }),
    ...(values.POOL_SOCKET !== undefined && { socket: values.POOL_SOCKET }),
    tokens: values.POOL_TOKEN ?? [],
  }
}

/** The node that answers the API is the one to log in to, unless PVE_SSH_HOST says otherwise. */
function nodeSsh(values: Values, common: Omit<SshSettings, 'host'>): SshSettings | undefined {
  const { PVE_SSH_HOST: place, PVE_API_URL: url, PVE_SSH_HOST_FINGERPRINT: fingerprint } = values
  if (place === undefined && url === undefined) return undefined
  return { ...common, ...(place ?? { host: hostOf(url ?? '') }), ...(fingerprint !== undefined && { fingerprint }) }
}

/** Root's own sshd inside a container: the settings of the node, but for what belongs to one host alone. */
function containerSsh(values: Values, common: Omit<SshSettings, 'host'>): Omit<SshSettings, 'host'> {
  const { PVE_CONTAINER_HOST_FINGERPRINT: fingerprint } = values
  return { ...common, user: 'root', ...(fingerprint !== undefined && { fingerprint }) }
}

function readCertificates(
  found: Found | undefined,
  value: string | undefined,
  environment: LoadOptions['environment'],
  readFile: ReadFile,
  problems: string[],
): string | undefined {
  const path = absolutePath(value, found, environment)
  if (path === undefined) return undefined
  try {
    const text = readFile(path)?.text
    if (text === undefined) problems.push(`PVE_CA_FILE: there is no file ${path}`)
    else if (!text.includes('-----BEGIN CERTIFICATE-----'))
      problems.push(`PVE_CA_FILE: ${path} is not a PEM certificate`)
    return text
  } catch (error) {
    problems.push(`PVE_CA_FILE: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** `~` is the home folder; a relative path starts where it was written: in the folder of the `.env`, else in the working directory. */
function absolutePath(value: string | undefined, found: Found | undefined, environment: LoadOptions['environment']) {
  if (value === undefined || found === undefined) return undefined
  return value.startsWith('~/') ? join(environment?.['HOME'] ?? homedir(), value.slice(2)) : resolve(found.base, value)
}

const invalidSettings = (problems: readonly string[]): CmuxError =>
  problems.length === 1
    ? new CmuxError('not-configured', `Invalid setting: ${problems[0]}`)
    : new CmuxError(
        'not-configured',
        `${problems.length} invalid settings:\n${problems.map((text) => `  ${text}`).join('\n')}`,
      )

function isSecret(name: VariableName): boolean {
  const { secret }: Variable = VARIABLES[name]
  return secret === true
}

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

const withoutPassword = (text: string): string => text.replace(/\/\/[^/@]*@/, '//***@')
