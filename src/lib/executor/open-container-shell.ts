import { type Clock, systemClock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { ContainerRef, PveClient } from '../pve/client.js'
import { requireApi, requireSsh } from '../settings/require.js'
import type { Settings } from '../settings/settings.js'
import { findOpenAddress } from './container-address.js'
import { type ContainerLogin, directShell, pctShell } from './container-shell.js'
import { whyNotLocal } from './local-node.js'

export interface ShellOptions {
  readonly clock?: Clock
  readonly signal?: AbortSignal | undefined
  /** What it waits for, in words for people. */
  readonly onWait?: (text: string) => void
  /** Told when a host was trusted because it was new. */
  readonly onNewHostKey?: (text: string) => void
}

/** Milliseconds that an sshd in a container gets to answer. */
const SSH_PATIENCE = 30_000
const SSH_PORT = 22

/**
 * A way into a running container, as the settings choose it (PVE_EXEC_MODE): `local` is the `pct` of this machine, `pve-ssh` that of the
 * container's node, `container-ssh` its own sshd; `auto` is local where that leads to this very container, else pve-ssh. Errors:
 * `unsupported` when local was asked for and does not; `unavailable` when the container's sshd does not answer in time; `not-configured`.
 */
export async function openContainerShell(
  client: PveClient,
  settings: Settings,
  ct: ContainerRef,
  options: ShellOptions = {},
): Promise<ContainerLogin> {
  const { executionMode: mode } = settings
  if (mode === 'container-ssh') return throughOwnSshd(client, settings, ct, options)
  if (mode !== 'pve-ssh') {
    const { LocalExecutor } = await import('./local.js')
    const local = new LocalExecutor()
    const reason = await whyNotLocal(client.containers, ct, local)
    if (reason === undefined) return pctShell(local, ct.vmid)
    if (mode === 'local') {
      throw new CmuxError('unsupported', `Container ${ct.vmid} cannot be reached from here without SSH: ${reason}`, {
        hint: 'Run this on the node that the container is on, or leave the choice to --mode auto.',
      })
    }
  }
  const { nodeExecutor } = await import('./node-executor.js')
  const { hostname } = new URL(requireApi(settings).url)
  return pctShell(await nodeExecutor(client, requireSsh(settings), hostname, ct.node, sshOptions(options)), ct.vmid)
}

async function throughOwnSshd(
  client: PveClient,
  settings: Settings,
  ct: ContainerRef,
  options: ShellOptions,
): Promise<ContainerLogin> {
  const { clock = systemClock, signal, onWait } = options
  const { port = SSH_PORT } = settings.containerSsh
  const host = await findOpenAddress(client.containers, ct, { port, timeout: SSH_PATIENCE, clock, signal, onWait })
  const { SshExecutor } = await import('./ssh-executor.js')
  return directShell(
    new SshExecutor({ ...settings.containerSsh, host, port }, { ...sshOptions(options), kind: 'container' }),
  )
}

const sshOptions = ({ clock, onNewHostKey }: ShellOptions) => ({
  ...(clock !== undefined && { clock }),
  ...(onNewHostKey !== undefined && { onNewHostKey }),
})
