import { connect } from 'node:net'
import type { Clock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { ContainerAddress, PveClient } from '../pve/client.js'
import { reachableAddresses } from '../pve/reachable-addresses.js'

export interface PortSearch {
  readonly port: number
  /** Milliseconds until the container has an address and somebody listens there. */
  readonly timeout: number
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
  /** Told once when it does not answer at once. */
  readonly onWait?: ((text: string) => void) | undefined
}

/** Milliseconds for one attempt to connect, and between two looks. */
const CONNECT = 2000
const PAUSE = 500

/**
 * The first of a running container's addresses on which a port is open: IPv4 or IPv6, from DHCP or static, as the container itself
 * has them at the moment. Errors: `unavailable` when there is none in time, which says why; the abort reason.
 */
export async function findOpenAddress(
  containers: Pick<PveClient['containers'], 'interfaces'>,
  ct: ContainerAddress,
  search: PortSearch,
): Promise<string> {
  const { port, timeout, clock, signal } = search
  const end = clock.now() + timeout
  for (let first = true; ; first = false) {
    signal?.throwIfAborted()
    const addresses = reachableAddresses((await containers.interfaces(ct)) ?? []).map(({ address }) => address)
    const attempts = await Promise.all(addresses.map((address) => attempt(address, port, signal)))
    const open = addresses.find((_address, index) => attempts[index] === undefined)
    if (open !== undefined) return open
    const problem = addresses.map((address, index) => `${address} port ${port}: ${attempts[index]}`).join(', ')
    if (clock.now() >= end) {
      throw new CmuxError(
        'unavailable',
        `Container ${ct.vmid} cannot be reached by SSH: ${problem || 'it has no address'}`,
        {
          hint: 'Is an sshd running in it, and is this machine on its network? Through the node it needs neither: --mode pve-ssh',
        },
      )
    }
    if (first) search.onWait?.(`Waiting for SSH in container ${ct.vmid} (${problem || 'it has no address yet'})`)
    await clock.sleep(PAUSE, signal)
  }
}

/** Why a port is not open; undefined: it is. */
function attempt(host: string, port: number, signal: AbortSignal | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT, ...(signal !== undefined && { signal }) })
    const end = (problem?: string) => {
      socket.destroy()
      resolve(problem)
    }
    socket.once('connect', () => end())
    socket.once('timeout', () => end('no answer'))
    socket.on('error', (error: NodeJS.ErrnoException) => end(PROBLEMS[error.code ?? ''] ?? error.code ?? error.message))
  })
}

const PROBLEMS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens',
  EHOSTUNREACH: 'no answer',
  ENETUNREACH: 'no route',
}
