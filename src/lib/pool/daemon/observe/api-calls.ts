import type { Clock } from '../../../clock.js'
import type { HttpRequest, Transport } from '../../../pve/transport.js'
import { TransportError } from '../../../pve/transport-error.js'

/** One call to Proxmox. */
export interface Exchange {
  /** Method and shape of the path: `PUT /nodes/{node}/lxc/{vmid}/config`. */
  readonly call: string
  /** The status, or why there is none. */
  readonly outcome: string
  readonly milliseconds: number
}

/** The same transport, telling `onExchange` of each call. */
export function watchedTransport(
  transport: Transport,
  clock: Clock,
  onExchange: (exchange: Exchange) => void,
): Transport {
  return {
    async send(request, signal) {
      const began = clock.now()
      const tell = (outcome: string) =>
        onExchange({ call: callOf(request), outcome, milliseconds: clock.now() - began })
      try {
        const answer = await transport.send(request, signal)
        tell(String(answer.status))
        return answer
      } catch (error) {
        tell(error instanceof TransportError ? error.failure : 'given up')
        throw error
      }
    },
    close: () => transport.close(),
  }
}

/** Words behind which a name stands. */
const NAMED: Readonly<Record<string, string>> = {
  nodes: '{node}',
  storage: '{storage}',
  tasks: '{upid}',
  snapshot: '{snapshot}',
  lxc: '{vmid}',
  qemu: '{vmid}',
  content: '{volume}',
  pools: '{pool}',
}

/** The path without the query and without names, so that there are as many as kinds of calls. */
export function callOf({ method, path }: Pick<HttpRequest, 'method' | 'path'>): string {
  const [plain = ''] = path.replace(/^\/api2\/json/, '').split('?')
  const steps = plain.split('/')
  const shape = steps.map((step, index) => (step === '' ? '' : (NAMED[steps[index - 1] ?? ''] ?? step)))
  return `${method} ${shape.join('/')}`
}
