import { randomBytes } from 'node:crypto'
import { readFileSync, realpathSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { CmuxError } from '../../errors.js'
import type { Settings } from '../../settings/settings.js'
import { isLoopback } from '../daemon/access/access.js'
import { carryOut, type Machine } from './carry-out.js'
import { environmentText } from './environment-file.js'
import { credentialPath, LAYOUT } from './layout.js'
import { lookAround } from './look.js'
import { type Found, type InstallRequest, planInstallation } from './plan.js'
import { releaseName } from './release.js'
import type { RolePlaces } from './role.js'
import type { InstallStep } from './step.js'

export interface InstallOptions {
  readonly settings: Settings
  /** Callers must send a token; one is made where there is none. So it is, too, where other machines reach the daemon. */
  readonly callersNeedToken: boolean
  readonly start: boolean
}

/**
 * What must be done on this machine so that the pool runs as a service, in the version that runs now: nothing where it does already.
 * Errors: `forbidden` (not root), `unsupported` (no systemd, or a Node that the service could not see), `not-configured` (no token
 * and no way to make one).
 */
export async function planInstall(options: InstallOptions, machine: Machine): Promise<readonly InstallStep[]> {
  if (machine.root === '/' && process.getuid?.() !== 0) {
    throw new CmuxError('forbidden', 'Only root can install a service', { hint: 'Run it with sudo.' })
  }
  const found = await lookAround(machine)
  const request = await makeRequest(options, machine, found)
  if (request.apiToken === undefined && found.file(credentialPath('PVE_API_TOKEN')) === undefined && !found.pveum) {
    throw new CmuxError(
      'not-configured',
      'The pool has no API token, and this is no Proxmox node that could make one',
      {
        hint: 'Run deploy/role.sh on a node, and then this with PVE_API_URL and PVE_API_TOKEN set.',
      },
    )
  }
  return planInstallation(request, found)
}

export const install = carryOut

async function makeRequest(options: InstallOptions, { home }: Machine, found: Found): Promise<InstallRequest> {
  const { settings, start } = options
  const { api, ssh, pool, poolOptions, texts } = settings
  const reached = poolOptions.host !== undefined && !isLoopback(poolOptions.host)
  const needsToken = (options.callersNeedToken || reached) && found.file(credentialPath('POOL_TOKEN')) === undefined
  const poolToken = pool.token ?? (needsToken ? randomBytes(32).toString('base64url') : undefined)
  const optional = {
    apiToken: api && `${api.token.id}=${api.token.secret}`,
    poolToken,
    authority: api?.tls.ca,
    sshKey: texts.has('PVE_SSH_KEY') ? content(ssh?.keyFile) : undefined,
    knownHosts: texts.has('PVE_SSH_KNOWN_HOSTS') ? content(ssh?.knownHostsFile) : undefined,
    templates: content(poolOptions.file),
  }
  return {
    node: visibleNode(),
    release: await releaseName(home),
    settings: texts,
    places: places(settings, found),
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    start,
  }
}

/** Those of the installed settings; at the first time, of the ones that will be. */
function places({ texts, bridge }: Settings, found: Found): RolePlaces {
  const { PVE_STORAGE: storage, PVE_BRIDGE } = parseEnv(
    found.file(LAYOUT.environment)?.content ?? environmentText(texts),
  )
  return { bridge: PVE_BRIDGE ?? bridge, ...(storage !== undefined && { storage }) }
}

/** The service sees no home folder: a Node that somebody has installed in one would not be there for it. */
function visibleNode(): string {
  const node = realpathSync(process.execPath)
  if (!/^\/(home|root|run\/user|tmp)\//.test(node)) return node
  throw new CmuxError('unsupported', `The service could not see this Node: ${node}`, {
    hint: "Run the installation with a Node outside of home folders, such as Debian's (apt install nodejs).",
  })
}

const content = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, 'utf8')
