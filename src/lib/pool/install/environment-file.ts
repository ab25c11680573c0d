/** Settings that have a line of their own elsewhere: secrets are credentials, files are copied to where the service can read them. */
const NOT_HERE = new Set([
  'PVE_API_TOKEN',
  'POOL_TOKEN',
  'PVE_CA_FILE',
  'PVE_SSH_KEY',
  'PVE_SSH_KNOWN_HOSTS',
  'PVE_POOL_URL',
  'POOL_CONFIG',
])

/**
 * The environment file of the service, as it is made once: the settings that the installation was run with. From then on it is the
 * operator's, and no further run touches it.
 */
export function environmentText(settings: ReadonlyMap<string, string>): string {
  const lines = [...settings].filter(([name]) => !NOT_HERE.has(name)).map(([name, value]) => `${name}=${quoted(value)}`)
  return `${[
    '# Settings of the cmux-pve pool: see docs/pool.md. Secrets are not here but in credentials/.',
    '# `systemctl restart cmux-pve-pool` makes a change hold; containers in use are not touched by it.',
    ...lines,
  ].join('\n')}\n`
}

/** As systemd reads it back (systemd.exec, EnvironmentFile=). */
const quoted = (value: string): string =>
  /^[\w@%+=:,./!-]*$/.test(value) ? value : `"${value.replaceAll(/["\\$`]/g, '\\$&')}"`
