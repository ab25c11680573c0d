import { once } from 'node:events'
import { request } from 'node:http'
import { connect, type Socket } from 'node:net'

/** What a client of a daemon heard: a status with its headers and JSON, or the code of the socket's error. */
export type Heard =
  | {
      readonly status: number
      readonly retryAfter: string | undefined
      readonly body: Readonly<Record<string, unknown>>
    }
  | { readonly status: 0; readonly error: string }

/** As many connections as a listener is sure to hold until it takes them. */
const BACKLOG = 250

/** Sends all of them at the same time, each on an open connection of its own. */
export async function burst(
  url: string,
  calls: readonly { readonly path: string; readonly body: unknown }[],
): Promise<readonly Heard[]> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  while (sockets.length < calls.length) {
    const next = Array.from({ length: Math.min(BACKLOG, calls.length - sockets.length) }, () =>
      connect(Number(port), hostname),
    )
    await Promise.all(next.map((socket) => once(socket, 'connect')))
    sockets.push(...next)
  }
  try {
    return await Promise.all(
      calls.map(({ path, body }, index) =>
        post(sockets[index] ?? connect(Number(port), hostname), `${url}${path}`, JSON.stringify(body)),
      ),
    )
  } finally {
    for (const socket of sockets) socket.destroy()
  }
}

function post(socket: Socket, url: string, text: string): Promise<Heard> {
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
    connection: 'keep-alive',
  }
  return new Promise((resolve) => {
    const call = request(url, { method: 'POST', createConnection: () => socket, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', (error) => resolve({ status: 0, error: error.message }))
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          retryAfter: response.headers['retry-after'],
          body: JSON.parse(Buffer.concat(chunks).toString()),
        }),
      )
    })
    call.on('error', (error) => resolve({ status: 0, error: error.message }))
    call.end(text)
  })
}
