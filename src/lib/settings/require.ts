import { CmuxError } from '../errors.js'
import type { ApiSettings, Settings, SshSettings } from './settings.js'

/** The API settings, or a `not-configured` error that says which variables are missing. */
export function requireApi(settings: Settings): ApiSettings {
  if (settings.api !== undefined) return settings.api
  const missing = ['PVE_API_URL', 'PVE_API_TOKEN'].filter((name) => !settings.sources.has(name))
  throw new CmuxError('not-configured', `Not configured: ${missing.join(' and ')} missing`, {
    hint: 'Put PVE_API_URL=https://host:8006 and PVE_API_TOKEN=USER@REALM!ID=SECRET into the environment or a .env file, or try `cmux-pve sim serve`.',
  })
}

/** The SSH settings, or a `not-configured` error. */
export function requireSsh(settings: Settings): SshSettings {
  if (settings.ssh !== undefined) return settings.ssh
  throw new CmuxError('not-configured', 'Not configured: nothing says how to reach the node by SSH', {
    hint: 'Put PVE_SSH_HOST=root@host into the environment or a .env file.',
  })
}
