import { Flags } from '@oclif/core'
import type { VariableName } from '../settings/variables.js'

/** For every command that runs something inside a container. */
export const executionFlags = {
  mode: Flags.option({ options: ['auto', 'local', 'pve-ssh', 'container-ssh'] as const })({
    summary:
      'The way in: pct on this machine, pct over SSH to the node, or SSH to the container itself. Default: PVE_EXEC_MODE, or auto: local where this is the node.',
  }),
  'accept-new-host-key': Flags.boolean({
    summary: 'Trust an SSH host that known_hosts does not hold yet, and add it there. A changed key is still refused.',
  }),
}

/** What those flags stand for, for BaseCommand.settings(). */
export function executionSettings(
  flags: Readonly<Record<string, unknown>>,
): Readonly<Partial<Record<VariableName, string>>> {
  const { mode, 'accept-new-host-key': accept } = flags
  return {
    ...(typeof mode === 'string' && { PVE_EXEC_MODE: mode }),
    ...(accept === true && { PVE_SSH_ACCEPT_NEW_HOST_KEY: '1' }),
  }
}
