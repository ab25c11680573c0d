/** Name of the systemd unit. */
export const SERVICE = 'cmux-pve-pool'

/** Where an installed pool lives. */
export const LAYOUT = {
  /** One folder for each version that was installed; nothing in one is ever changed. */
  releases: '/opt/cmux-pve/releases',
  /** A link to the one in use. */
  current: '/opt/cmux-pve/current',
  configuration: '/etc/cmux-pve',
  environment: '/etc/cmux-pve/pool.env',
  templates: '/etc/cmux-pve/pool.yaml',
  authority: '/etc/cmux-pve/pve-ca.pem',
  knownHosts: '/etc/cmux-pve/known_hosts',
  role: '/etc/cmux-pve/role.sh',
  credentials: '/etc/cmux-pve/credentials',
  unit: `/etc/systemd/system/${SERVICE}.service`,
} as const

/** What systemd hands to the service, and nobody else can read. */
export type Credential = 'PVE_API_TOKEN' | 'POOL_TOKEN' | 'ssh-key'

export const credentialPath = (name: Credential): string => `${LAYOUT.credentials}/${name}`
