import { Agent, request } from 'node:http'

/** An answer of a daemon, whatever it says. */
export interface DaemonAnswer {
  readonly status: number
  readonly retryAfter: string | undefined
  /** As JSON; undefined: it is none. */
  readonly body: unknown
}

/** What a client of a daemon does without: no library of ours, no retries, one connection a call. */
export class DaemonHttp {
  readonly #port: number
  readonly #agent = new Agent({ keepAlive: false })

  constructor(port: number) {
    this.#port = port
  }

  /** Rejects when there is no answer within `patience` milliseconds. */
  call(
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly patience?: number } = {},
  ): Promise<DaemonAnswer> {
    const { body, patience = 10_000 } = options
    const text = body === undefined ? '' : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const call = request(
        {
          host: '127.0.0.1',
          port: this.#port,
          method,
          path,
          agent: this.#agent,
          headers: text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
        },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.on('error', reject)
          response.on('end', () => {
            clearTimeout(timer)
            const retryAfter = response.headers['retry-after']
            resolve({
              status: response.statusCode ?? 0,
              retryAfter,
              body: parsed(Buffer.concat(chunks).toString('utf8')),
            })
          })
        },
      )
      const timer = setTimeout(() => call.destroy(new Error('no answer in time')), patience)
      call.on('error', (error) => {
        clearTimeout(timer)
        reject(error)
      })
      call.end(text)
    })
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
