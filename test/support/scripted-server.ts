import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ApiSettings } from '../../src/lib/settings/settings.js'
import { type Certificate, selfSigned } from './certificates.js'

/** A request as the server saw it, parameters decoded. */
export interface SeenRequest {
  readonly method: string
  /** Below /api2/json, percent-decoded. */
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: IncomingMessage['headers']
  /** Counts connections from 1. */
  readonly connection: number
}

/**
 * - `data` (with `total`): a success
 * - `status` with `reason`, `message`, `errors`: an error as Proxmox sends it; without `message` the body is empty
 * - `text`: that body; `raw`: these bytes, status line and all
 * - `drop`: the connection ends without an answer; `silence`: nothing ever comes
 */
export type ScriptedAnswer =
  | { readonly data: unknown; readonly total?: number }
  | {
      readonly status: number
      readonly reason: string
      readonly message?: string
      readonly errors?: Record<string, string>
    }
  | { readonly text: string }
  | { readonly raw: string }
  | 'drop'
  | 'silence'

export type Script = ScriptedAnswer | ((request: SeenRequest) => ScriptedAnswer | Promise<ScriptedAnswer>)

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string
  readonly certificate: Certificate
  readonly settings: ApiSettings
  readonly requests: SeenRequest[]
  /** How many requests like `GET /version` came. */
  count(call: string): number
  /** What answers `METHOD /path` from now on: the scripts in turn, the last one for ever. */
  on(call: string, ...scripts: readonly [Script, ...Script[]]): ScriptedServer
  /** Bytes that came in over TLS, whether or not they were HTTP. */
  readonly received: () => number
}

export interface ScriptedServerOptions {
  readonly certificate?: Certificate
  /** Milliseconds since the epoch for the Date header. */
  readonly now?: () => number
  readonly port?: number
}

export const TOKEN = { id: 'cmux@pve!cli', secret: '5ec2e75e-c2e7-4000-8000-0123456789ab' }

/** A HTTPS server on 127.0.0.1 that answers what a test tells it to. Anything else is answered as Proxmox answers unknown calls. */
export async function scriptedServer(options: ScriptedServerOptions = {}): Promise<ScriptedServer> {
  const certificate = options.certificate ?? (await selfSigned({ name: 'pve1' }))
  const scripts = new Map<string, Script[]>()
  const requests: SeenRequest[] = []
  const sockets = new Set<Socket>()
  const numbers = new Map<Socket, number>()
  let received = 0
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (message, response) => {
    void see(message, numbers.get(message.socket) ?? 0).then(async (request) => {
      requests.push(request)
      const call = `${request.method} ${request.path}`
      const queue = scripts.get(call) ?? [notImplemented(call)]
      const script = (queue.length > 1 ? queue.shift() : queue[0]) ?? notImplemented(call)
      respond(response, typeof script === 'function' ? await script(request) : script, options.now?.() ?? Date.now())
    })
  })
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  server.on('secureConnection', (socket: TLSSocket) => {
    numbers.set(socket, numbers.size + 1)
    socket.on('data', (chunk: Buffer) => {
      received += chunk.length
    })
  })
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve))
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const scripted: ScriptedServer = {
    url,
    certificate,
    settings: { url, token: TOKEN, tls: { verify: true, fingerprint: certificate.fingerprint } },
    requests,
    received: () => received,
    count: (call) => requests.filter((request) => `${request.method} ${request.path}` === call).length,
    on(call, ...answers) {
      scripts.set(call, [...answers])
      return scripted
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return scripted
}

const notImplemented = (call: string): ScriptedAnswer => ({
  status: 501,
  reason: `Method '${call}' not implemented`,
  message: `Method '${call}' not implemented\n`,
})

async function see(message: IncomingMessage, connection: number): Promise<SeenRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  const url = new URL(message.url ?? '/', 'https://server')
  const parameters = { ...Object.fromEntries(url.searchParams), ...decodeForm(Buffer.concat(chunks).toString()) }
  const path = decodeURIComponent(url.pathname.replace('/api2/json', ''))
  return { method: message.method ?? '', path, parameters, headers: message.headers, connection }
}

/** As Proxmox takes a form apart: at `&` and `;`, a value ends at its second `=` (PVE-FACTS 1.7). */
export function decodeForm(form: string): Record<string, string> {
  const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '))
  const pairs = form.split(/[&;]/).filter((part) => part !== '')
  return Object.fromEntries(
    pairs.map((part) => part.split('=')).map(([name = '', value = '']) => [decode(name), decode(value)]),
  )
}

function respond(response: ServerResponse, answer: ScriptedAnswer, now: number): void {
  if (answer === 'silence') return
  if (answer === 'drop') return void response.socket?.destroy()
  if ('raw' in answer) return void response.socket?.end(answer.raw)
  const headers = { Date: new Date(now).toUTCString(), Server: 'pve-api-daemon/3.0' }
  if ('text' in answer) return void response.writeHead(200, headers).end(answer.text)
  const json = { ...headers, 'Content-Type': 'application/json;charset=UTF-8' }
  if ('data' in answer) return void response.writeHead(200, 'OK', json).end(JSON.stringify(answer))
  const { status, reason, message, errors } = answer
  response.shouldKeepAlive = false
  if (message === undefined) response.writeHead(status, reason, headers).end()
  else response.writeHead(status, reason, json).end(JSON.stringify({ data: null, message, ...(errors && { errors }) }))
}
