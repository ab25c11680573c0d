import type { HttpAnswer, HttpRequest, Transport } from '../../src/lib/pve/transport.js'
import { TransportError } from '../../src/lib/pve/transport-error.js'
import type { WireFault, WireTarget } from './case.js'
import { addressed, applied, ordered } from './deeds.js'
import type { World } from './world.js'

/** The life of a process: what it waits for when it dies never comes. */
export class Life {
  #alive = true

  get alive(): boolean {
    return this.#alive
  }

  end(): void {
    this.#alive = false
  }

  /** The same promise for as long as this lives. */
  guard<T>(promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      promise.then(
        (value) => this.#alive && resolve(value),
        (error: unknown) => this.#alive && reject(error),
      )
    })
  }
}

export interface ArmedFault {
  readonly target: WireTarget
  readonly fault: WireFault
  readonly ms: number
  /** Requests of this kind until it strikes. */
  left: number
}

/** The network between a daemon and the cluster. */
export class Wire implements Transport {
  readonly #world: World
  readonly #life: Life
  readonly #name: string
  readonly #faults: ArmedFault[]
  readonly #crash: () => void

  /** `faults` outlives the daemon: they belong to the network. `crash` ends its life. */
  constructor(world: World, options: { name: string; life: Life; faults: ArmedFault[]; crash: () => void }) {
    this.#world = world
    this.#life = options.life
    this.#name = options.name
    this.#faults = options.faults
    this.#crash = options.crash
  }

  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer> {
    if (!this.#life.alive) return new Promise(() => {})
    return this.#life.guard(abortable(this.#send(request), signal))
  }

  async close(): Promise<void> {}

  async #send(request: HttpRequest): Promise<HttpAnswer> {
    const { clock, random } = this.#world
    const sent = clock.now()
    ordered(this.#world, this.#name, request)
    const struck = this.#struck(request)
    if (struck !== undefined) return this.#misfortune(struck, request, sent)
    await clock.sleep(random.integer(0, 2))
    const answer = await this.#apply(request, sent)
    await clock.sleep(random.integer(0, 2))
    return answer
  }

  #struck(request: HttpRequest): ArmedFault | undefined {
    const index = this.#faults.findIndex(({ target }) => isTarget(request, target))
    const fault = this.#faults[index]
    if (fault === undefined || --fault.left > 0) return undefined
    this.#faults.splice(index, 1)
    return fault
  }

  async #misfortune({ fault, ms }: ArmedFault, request: HttpRequest, sent: number): Promise<HttpAnswer> {
    const { clock } = this.#world
    this.#world.log(`${this.#name} ${fault} (${ms} ms): ${request.method} ${request.path}`)
    switch (fault) {
      case 'refused':
        throw new TransportError('unreachable', 'refused the connection', { sent: false })
      case 'lost-request':
        throw await this.#lost(0)
      case 'lost-answer':
        await this.#apply(request, sent)
        throw await this.#lost(1)
      case 'late-request':
        this.#world.late++
        await clock.sleep(ms).finally(() => this.#world.late--)
        return this.#apply(request, sent)
      case 'late-answer': {
        const answer = await this.#apply(request, sent)
        await clock.sleep(ms)
        return answer
      }
      case '596-never':
        await clock.sleep(1)
        return TIMED_OUT
      case '596-applied':
        await this.#apply(request, sent)
        return TIMED_OUT
      case '596-late':
        this.#later(request, sent, ms)
        return TIMED_OUT
      case 'empty':
        return { ...(await this.#apply(request, sent)), body: '{"data":[]}' }
      case 'crash-before':
        return this.#die()
      case 'crash-after':
        await this.#apply(request, sent)
        return this.#die()
      case 'crash-late':
        this.#later(request, sent, ms)
        return this.#die()
    }
  }

  async #lost(ms: number): Promise<TransportError> {
    await this.#world.clock.sleep(ms)
    return new TransportError('lost', 'the connection ended before the answer came', { sent: true })
  }

  #die(): Promise<never> {
    this.#crash()
    return new Promise(() => {})
  }

  #later(request: HttpRequest, sent: number, ms: number): void {
    this.#world.late++
    void this.#world.clock
      .sleep(ms)
      .then(() => this.#apply(request, sent).catch(() => {}))
      .finally(() => this.#world.late--)
  }

  #watch(request: HttpRequest, sent: number): void {
    const { vmid, rest } = addressed(request.path)
    if (request.method !== 'GET') applied(this.#world, this.#name, request, sent)
    if (vmid === undefined) return
    if (request.method === 'PUT') this.#world.sightings.changed(this.#name, vmid)
    else if (request.method === 'GET' && rest === '/config') this.#world.sightings.read(this.#name, vmid)
  }

  async #apply(request: HttpRequest, sent: number): Promise<HttpAnswer> {
    const world = this.#world
    const { method, path, headers, body = '' } = request
    if (++world.requests > MANY_REQUESTS) world.violated(`${this.#name} runs in a hot loop: ${method} ${path}`)
    const outcome = await world.router.call({ method, url: path, headers, body: Buffer.from(body) })
    if (outcome === 'drop') {
      world.log(`${this.#name} ${method} ${path} ${body}: no answer`)
      throw new TransportError('lost', 'the connection ended before the answer came', { sent: true })
    }
    const answer: HttpAnswer = {
      status: outcome.status,
      reason: outcome.reason,
      headers: { ...outcome.headers, date: new Date(world.clock.now()).toUTCString() },
      body: outcome.body.toString('utf8'),
    }
    if (world.traces && (method !== 'GET' || answer.status !== 200)) {
      world.log(
        `${this.#name} ${method} ${readable(path)} ${readable(body)} -> ${answer.status} ${answer.status === 200 ? answer.body : answer.reason}`,
      )
    }
    if (answer.status === 200) this.#watch(request, sent)
    return answer
  }
}

/** Ten times as many as the longest case needs. */
const MANY_REQUESTS = 20_000

const TIMED_OUT: HttpAnswer = { status: 596, reason: 'Connection timed out', headers: {}, body: '' }

/** Decoded, on one line, and of a description only the record. */
function readable(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
      .replace('/api2/json', '')
      .replace(/cmux-pve pool [^\n]*\n/, '')
      .replace(/<!-- cmux-pool (.*?) -->/, '$1')
      .replace(/\n?<!-- cmux-pve op:\w+ -->/, '')
      .replaceAll('\n', ' ')
  } catch {
    return text
  }
}

function isTarget({ method, path }: HttpRequest, target: WireTarget): boolean {
  switch (target) {
    case 'any':
      return true
    case 'change':
      return method !== 'GET'
    case 'config':
      return method === 'PUT'
    case 'clone':
      return method === 'POST' && path.endsWith('/clone')
    case 'power':
      return method === 'POST' && path.includes('/status/')
    case 'rollback':
      return method === 'POST' && path.endsWith('/rollback')
    case 'snapshot':
      return method === 'POST' && path.endsWith('/snapshot')
    case 'destroy':
      return method === 'DELETE'
    case 'list':
      return method === 'GET' && path.includes('/cluster/resources')
  }
}

/** Answers as the work does, or rejects as soon as the signal is aborted; the work goes on, as a server does. */
function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const done = () => signal.removeEventListener('abort', onAbort)
    work.then(resolve, reject).finally(done)
  })
}
