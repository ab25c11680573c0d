import type { HttpMethod } from '../../src/lib/simulator/api/method.js'
import { ApiRouter } from '../../src/lib/simulator/api/router.js'
import { Cluster, type ClusterOptions } from '../../src/lib/simulator/cluster.js'
import { Faults } from '../../src/lib/simulator/faults.js'
import { VirtualClock } from '../../src/lib/simulator/virtual-clock.js'

export const OS_TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'
const SECRET = '00000000-0000-4000-8000-000000000000'

/** What came back, taken apart. */
export interface Reply {
  readonly status: number
  readonly reason: string
  /** As JSON, or the text when it is none. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
  readonly proxied: boolean
  /** `data` of the body. */
  readonly data: unknown
}

export interface CallOptions {
  /** Token id of the caller; null: no credentials. Default: root's token. */
  readonly as?: string | null
  readonly form?: Readonly<Record<string, string | number>>
  readonly headers?: Readonly<Record<string, string>>
  readonly format?: 'json' | 'extjs'
}

/** The API of a cluster in virtual time, without a socket. */
export interface Api {
  readonly cluster: Cluster
  readonly router: ApiRouter
  readonly clock: VirtualClock
  /** Calls, and lets as much time pass as the answer needs. `drop`: the connection would end. */
  call(method: HttpMethod, path: string, options?: CallOptions): Promise<Reply | 'drop'>
  /** As call, where an answer must come. */
  answer(method: HttpMethod, path: string, options?: CallOptions): Promise<Reply>
  /** Waits for the task that the call started; answers its exit status. */
  task(method: HttpMethod, path: string, options?: CallOptions): Promise<string>
}

export interface ApiOptions extends Omit<ClusterOptions, 'clock' | 'faults'> {
  readonly faults?: readonly unknown[]
}

export async function openApi({ faults = [], tokens = [], ...options }: ApiOptions = {}): Promise<Api> {
  const clock = new VirtualClock(1_800_000_000_000)
  const cluster = await Cluster.open({
    seed: 1,
    ...options,
    clock,
    faults: Faults.parse(faults),
    tokens: [
      { id: 'root@pam!full', secret: SECRET, privsep: false },
      { id: 'nobody@pve!low', secret: SECRET },
      ...tokens.map((token) => ({ secret: SECRET, ...token })),
    ],
  })
  const router = new ApiRouter(cluster)
  const call: Api['call'] = async (
    method,
    path,
    { as = 'root@pam!full', form, headers = {}, format = 'json' } = {},
  ) => {
    const body =
      form === undefined
        ? ''
        : new URLSearchParams(
            Object.entries(form).map(([key, value]): [string, string] => [key, String(value)]),
          ).toString()
    const authorization = as === null ? {} : { authorization: `PVEAPIToken=${as}=${SECRET}` }
    const url = `/api2/${format}${path}`
    const request = { method, url, headers: { ...authorization, ...headers }, body: Buffer.from(body) }
    const answer = await clock.settled(router.call(request))
    if (answer === 'drop') return answer
    const parsed = parse(answer.body.toString())
    return { ...answer, proxied: answer.proxied === true, body: parsed, data: dataOf(parsed) }
  }
  const answer: Api['answer'] = async (...request) => {
    const reply = await call(...request)
    if (reply === 'drop') throw new Error(`${request[0]} ${request[1]} was dropped`)
    return reply
  }
  const task: Api['task'] = async (...request) => {
    const { status, reason, data } = await answer(...request)
    if (status !== 200 || typeof data !== 'string') throw new Error(`${request[0]} ${request[1]}: ${status} ${reason}`)
    const [, node = ''] = data.split(':')
    const { tasks } = cluster.node(node)
    while (tasks.isActive(data)) await clock.advance(100)
    const end = tasks.status(data)
    return typeof end === 'string' ? end : String(end['exitstatus'])
  }
  return { cluster, router, clock, call, answer, task }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function dataOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined
}
