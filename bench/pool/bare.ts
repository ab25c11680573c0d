import { setTimeout as delay } from 'node:timers/promises'
import { createTransport, type Transport } from '../../src/lib/pve/transport.js'

/** Milliseconds between two looks at a task. */
const POLL = 20

/** The Proxmox calls alone, over the client that the pool uses too: what everything is measured against. */
export class Bare {
  readonly node: string
  readonly #transport: Transport
  readonly #authorization: string

  constructor({ PVE_API_URL = '', PVE_API_TOKEN = '', PVE_TLS_FINGERPRINT = '', PVE_NODE = '' }: Environment) {
    this.#transport = createTransport(PVE_API_URL, { verify: true, fingerprint: PVE_TLS_FINGERPRINT })
    this.#authorization = `PVEAPIToken=${PVE_API_TOKEN}`
    this.node = PVE_NODE
  }

  /** Makes a clone of the template and waits for its end. */
  async clone(template: number, vmid: number): Promise<void> {
    await this.#task('POST', `/nodes/${this.node}/lxc/${template}/clone`, { newid: String(vmid) })
  }

  async start(vmid: number): Promise<void> {
    await this.#task('POST', `/nodes/${this.node}/lxc/${vmid}/status/start`)
  }

  /** The digest of its configuration. */
  async digest(vmid: number): Promise<string> {
    const { digest } = await this.#call('GET', `/nodes/${this.node}/lxc/${vmid}/config`)
    return digest
  }

  async put(vmid: number, change: Readonly<Record<string, string>>): Promise<void> {
    await this.#call('PUT', `/nodes/${this.node}/lxc/${vmid}/config`, change)
  }

  close(): Promise<void> {
    return this.#transport.close()
  }

  async #task(method: 'POST', path: string, parameters: Readonly<Record<string, string>> = {}): Promise<void> {
    const upid = await this.#call(method, path, parameters)
    for (;;) {
      const { status, exitstatus } = await this.#call(
        'GET',
        `/nodes/${this.node}/tasks/${encodeURIComponent(upid)}/status`,
      )
      if (status === 'stopped' && exitstatus === 'OK') return
      if (status === 'stopped') throw new Error(`${path}: ${exitstatus}`)
      await delay(POLL)
    }
  }

  async #call(method: 'GET' | 'POST' | 'PUT', path: string, parameters?: Readonly<Record<string, string>>) {
    const { status, reason, body } = await this.#transport.send({
      method,
      path: `/api2/json${path}`,
      headers: {
        authorization: this.#authorization,
        ...(parameters !== undefined && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(parameters !== undefined && { body: new URLSearchParams(parameters).toString() }),
    })
    if (status !== 200) throw new Error(`${method} ${path}: ${status} ${reason}`)
    return JSON.parse(body).data
  }
}

export type Environment = Readonly<Record<string, string>>
