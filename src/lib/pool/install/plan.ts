import { environmentText } from './environment-file.js'
import { type Credential, credentialPath, LAYOUT, SERVICE } from './layout.js'
import { type RolePlaces, roleScript, roleSteps, TOKEN_COMMAND } from './role.js'
import type { InstallStep } from './step.js'
import { unitText } from './unit.js'

/** What the installation is made from. */
export interface InstallRequest {
  /** Path of the Node that the service runs with. */
  readonly node: string
  /** Name of the folder of this version: the same content has the same name. */
  readonly release: string
  /** Settings by variable, as texts. */
  readonly settings: ReadonlyMap<string, string>
  readonly places: RolePlaces
  /** The token in the settings, if there is one: `USER@REALM!ID=SECRET`. */
  readonly apiToken?: string
  /** What callers must send: that of the settings, or a new one where one was asked for. */
  readonly poolToken?: string
  /** PEM. */
  readonly authority?: string
  readonly sshKey?: string
  readonly knownHosts?: string
  /** The text of pool.yaml. */
  readonly templates?: string
  /** False: written and enabled, not started. */
  readonly start: boolean
}

/** What is there already. */
export interface Found {
  file(path: string): { readonly content: string; readonly mode: number } | undefined
  /** Where a symbolic link leads. */
  link(path: string): string | undefined
  names(folder: string): readonly string[]
  /** Whether systemd runs this machine. */
  readonly systemd: boolean
  /** Whether this is a Proxmox node. */
  readonly pveum: boolean
  /** Whether the unit is enabled, and whether it runs. */
  readonly enabled: boolean
  readonly active: boolean
}

/** What has to be done so that everything is as it should be: nothing, where it is. Pure. */
export function planInstallation(request: InstallRequest, found: Found): readonly InstallStep[] {
  const release = `${LAYOUT.releases}/${request.release}`
  const tokenMissing = found.file(credentialPath('PVE_API_TOKEN')) === undefined
  const files = [
    ...configuration(request, found),
    ...credentials(request, found),
    ...file(found, LAYOUT.unit, 0o644, unitText({ node: request.node, credentials: present(request, found) })),
  ]
  const changes: readonly InstallStep[] = [
    ...(found.names(LAYOUT.releases).includes(request.release) ? [] : [{ kind: 'release', path: release } as const]),
    ...folders(found),
    ...files,
    ...(tokenMissing && request.apiToken === undefined && found.pveum ? makeToken(request.places) : []),
    ...(found.link(LAYOUT.current) === release
      ? []
      : [{ kind: 'link', path: LAYOUT.current, target: release } as const]),
  ]
  return [...changes, ...service(request, found, changes), ...oldReleases(request, found)]
}

/** Those who may not be given up: the one in use now, and the one before it, to go back to. */
function oldReleases({ release }: InstallRequest, found: Found): readonly InstallStep[] {
  const before = found.link(LAYOUT.current)?.split('/').at(-1)
  if (before === release) return []
  return found
    .names(LAYOUT.releases)
    .filter((name) => name !== release && name !== before)
    .map((name) => ({ kind: 'remove', path: `${LAYOUT.releases}/${name}` }))
}

const folders = (found: Found): readonly InstallStep[] =>
  found.names(LAYOUT.configuration).includes('credentials')
    ? []
    : [
        { kind: 'folder', path: LAYOUT.configuration, mode: 0o755 },
        { kind: 'folder', path: LAYOUT.credentials, mode: 0o700 },
      ]

function configuration(request: InstallRequest, found: Found): readonly InstallStep[] {
  const { settings, authority, knownHosts, templates, places } = request
  const copied = new Map([
    ...(authority === undefined ? [] : ([['PVE_CA_FILE', LAYOUT.authority]] as const)),
    ...(knownHosts === undefined ? [] : ([['PVE_SSH_KNOWN_HOSTS', LAYOUT.knownHosts]] as const)),
    ...(templates === undefined ? [] : ([['POOL_CONFIG', LAYOUT.templates]] as const)),
  ])
  const environment = environmentText(settings) + [...copied].map(([name, path]) => `${name}=${path}\n`).join('')
  return [
    ...once(found, LAYOUT.environment, 0o600, environment),
    ...(authority === undefined ? [] : file(found, LAYOUT.authority, 0o644, authority)),
    ...(knownHosts === undefined ? [] : file(found, LAYOUT.knownHosts, 0o644, knownHosts)),
    ...(templates === undefined ? [] : once(found, LAYOUT.templates, 0o644, templates)),
    ...file(found, LAYOUT.role, 0o755, roleScript(places)),
  ]
}

function credentials({ apiToken, poolToken, sshKey }: InstallRequest, found: Found): readonly InstallStep[] {
  const secrets = { PVE_API_TOKEN: apiToken, POOL_TOKEN: poolToken, 'ssh-key': sshKey }
  return Object.entries(secrets).flatMap(([name, content]) =>
    once(found, credentialPath(name as Credential), 0o600, content, true),
  )
}

/** Credentials that are there when all is done: systemd refuses to start a service that lacks one. */
function present({ poolToken, sshKey }: InstallRequest, found: Found): readonly Credential[] {
  const optional = { POOL_TOKEN: poolToken, 'ssh-key': sshKey } as const
  const names = (['POOL_TOKEN', 'ssh-key'] as const).filter(
    (name) => optional[name] !== undefined || found.file(credentialPath(name)) !== undefined,
  )
  return ['PVE_API_TOKEN', ...names]
}

function makeToken(places: RolePlaces): readonly InstallStep[] {
  return [
    ...roleSteps(places).map((step) => ({ kind: 'run', ...step }) as const),
    { kind: 'token', argv: TOKEN_COMMAND, path: credentialPath('PVE_API_TOKEN') },
  ]
}

function service(request: InstallRequest, found: Found, changes: readonly InstallStep[]): readonly InstallStep[] {
  const run = (...argv: string[]) => ({ kind: 'run', argv }) as const
  const unit = `${SERVICE}.service`
  const changed = changes.length > 0
  return [
    ...(found.systemd && changed ? [run('systemctl', 'daemon-reload')] : []),
    ...(found.enabled ? [] : [run('systemctl', 'enable', unit)]),
    ...(found.systemd && request.start && (changed || !found.active) ? [run('systemctl', 'restart', unit)] : []),
  ]
}

/** A file whose content is the tool's. */
function file(found: Found, path: string, mode: number, content: string, secret = false): readonly InstallStep[] {
  const there = found.file(path)
  if (there !== undefined && there.content === content && there.mode === mode) return []
  return [{ kind: 'file', path, mode, content, secret, replaces: there !== undefined }]
}

/** A file whose content is the operator's from the first time on; who may read it stays ours. */
function once(
  found: Found,
  path: string,
  mode: number,
  content: string | undefined,
  secret = false,
): readonly InstallStep[] {
  const wanted = found.file(path)?.content ?? (content === undefined ? undefined : `${content.trimEnd()}\n`)
  return wanted === undefined ? [] : file(found, path, mode, wanted, secret)
}
