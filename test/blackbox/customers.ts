import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import type { Random } from '../../src/lib/simulator/random.js'
import type { DaemonAnswer, DaemonHttp } from './daemon-http.js'

const allocated = z.object({ vmid: z.number(), hostname: z.string(), instance_id: z.string() })
const refused = z.object({ detail: z.unknown(), code: z.string() })
const holdings = z.object({ containers: z.array(z.object({ vmid: z.number(), instance_id: z.string().nullish() })) })

/** Milliseconds after a refusal in which a daemon may still be giving up what it had claimed for that request. */
const GIVING_UP = 30_000

export interface CustomerFigures {
  allocated: number
  released: number
  refused: number
  /** Calls without an answer: the daemon was killed, held or late. */
  unanswered: number
  /** Claims of refused requests that a daemon which was killed had no time to give up. */
  orphaned: number
  /** Milliseconds that answered allocates took. */
  readonly times: number[]
}

/** Programs that want containers all the time, and what they were told. */
export class Customers {
  readonly #daemons: readonly DaemonHttp[]
  readonly #random: Random
  readonly #template: number
  /** Who was told that it has which container, and has not begun to give it back. */
  readonly #holders = new Map<number, string>()
  /** Instance ids that may hold a container nobody was told of. */
  readonly #unknown = new Set<string>()
  /** The last refusals of each daemon. */
  readonly #refusals = new Map<DaemonHttp, { readonly instance: string; readonly at: number }[]>()
  /** Instance ids that were refused by a daemon which was killed soon after that: what it had not given up by then stays. */
  readonly #orphans = new Set<string>()
  readonly problems: string[] = []
  readonly figures: CustomerFigures = { allocated: 0, released: 0, refused: 0, unanswered: 0, orphaned: 0, times: [] }
  #count = 0

  constructor(daemons: readonly DaemonHttp[], options: { readonly random: Random; readonly template: number }) {
    this.#daemons = daemons
    this.#random = options.random
    this.#template = options.template
  }

  /** One client, until the signal is aborted. It gives back what it holds then. */
  async live(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const instance = `box-${++this.#count}`
      const vmid = await this.#allocate(instance, signal)
      if (vmid !== undefined) {
        await pause(this.#random.integer(0, 1_500))
        await this.#release(vmid, instance)
      }
      await pause(this.#random.integer(0, 1_000))
    }
  }

  /** A daemon was killed. */
  lost(daemon: DaemonHttp): void {
    const since = performance.now() - GIVING_UP
    for (const { instance, at } of this.#refusals.get(daemon) ?? []) if (at > since) this.#orphans.add(instance)
    this.#refusals.delete(daemon)
  }

  /** When all is well again: whoever was never told what became of its request asks again, and gives back what it gets. */
  async settle(): Promise<void> {
    const left = (await this.#instances()).filter((instance) => this.#orphans.has(instance))
    for (const instance of left) this.#unknown.add(instance)
    this.figures.orphaned = left.length
    const waiting = [...this.#unknown]
    const work = async () => {
      for (let instance = waiting.pop(); instance !== undefined; instance = waiting.pop()) {
        const vmid = await this.#insist(instance)
        if (vmid !== undefined) await this.#release(vmid, instance)
      }
    }
    await Promise.all(Array.from({ length: 10 }, work))
  }

  /** What was running when its node went down takes Proxmox most of a minute to start again. */
  async #insist(instance: string): Promise<number | undefined> {
    for (let attempt = 0; attempt < 5; attempt++) {
      const vmid = await this.#allocate(instance, new AbortController().signal)
      if (vmid !== undefined) return vmid
    }
    this.problems.push(`${instance} could not find out what it has`)
    return undefined
  }

  async #instances(): Promise<readonly string[]> {
    for (;;) {
      const answer = await this.#random
        .pick(this.#daemons)
        .call('GET', '/containers?fresh=true')
        .catch(() => undefined)
      const parsed = holdings.safeParse(answer?.body)
      if (parsed.success) return parsed.data.containers.flatMap(({ instance_id }) => instance_id ?? [])
      await pause(500)
    }
  }

  async #allocate(instance: string, signal: AbortSignal): Promise<number | undefined> {
    const start = this.#random.next() < 0.5
    for (let attempt = 0; attempt < 6; attempt++) {
      const began = performance.now()
      const daemon = this.#random.pick(this.#daemons)
      const answer = await this.#ask(daemon, 'POST', `/allocate?start=${start}`, {
        body: { template_vmid: this.#template, instance_id: instance, timeout_seconds: 5 },
        patience: 9_000,
      })
      if (answer?.status === 200) {
        this.figures.times.push(performance.now() - began)
        return this.#told(instance, answer)
      }
      if (answer === undefined) this.#unknown.add(instance)
      else this.#refused(daemon, instance, answer)
      if (answer !== undefined && !this.#unknown.has(instance)) return undefined
      if (signal.aborted && attempt > 2) return undefined
      await pause(this.#random.integer(20, 400))
    }
    return undefined
  }

  #refused(daemon: DaemonHttp, instance: string, answer: DaemonAnswer): void {
    this.#checkRefusal(`allocate for ${instance}`, answer)
    const refusal = { instance, at: performance.now() }
    const recent = (this.#refusals.get(daemon) ?? []).filter(({ at }) => at > refusal.at - GIVING_UP)
    this.#refusals.set(daemon, [...recent, refusal])
  }

  #told(instance: string, answer: DaemonAnswer): number | undefined {
    this.#unknown.delete(instance)
    const parsed = allocated.safeParse(answer.body)
    if (!parsed.success) {
      this.problems.push(`the answer to ${instance} is not what was promised: ${JSON.stringify(answer.body)}`)
      return undefined
    }
    const { vmid, hostname, instance_id } = parsed.data
    const other = this.#holders.get(vmid)
    if (other !== undefined) this.problems.push(`${vmid} was given to ${instance} while ${other} has it`)
    if (hostname !== instance || instance_id !== instance) {
      this.problems.push(`${instance} was given ${vmid} as ${instance_id} with the hostname ${hostname}`)
    }
    this.#holders.set(vmid, instance)
    this.figures.allocated++
    return vmid
  }

  async #release(vmid: number, instance: string): Promise<void> {
    this.#holders.delete(vmid)
    for (let attempt = 0; attempt < 30; attempt++) {
      const daemon = this.#random.pick(this.#daemons)
      const answer = await this.#ask(daemon, 'POST', `/release/${vmid}?instance_id=${instance}`, { patience: 6_000 })
      // Given back before, by a call that got no answer: it may be somebody else's, or gone, by now.
      if (answer !== undefined && (answer.status === 200 || (attempt > 0 && [404, 409].includes(answer.status)))) {
        this.figures.released++
        return
      }
      if (answer !== undefined) this.#checkRefusal(`release of ${vmid}`, answer)
      await pause(this.#random.integer(50, 500))
    }
    this.problems.push(`${instance} could not give ${vmid} back`)
  }

  async #ask(
    daemon: DaemonHttp,
    method: string,
    path: string,
    options: { readonly body?: unknown; readonly patience: number },
  ): Promise<DaemonAnswer | undefined> {
    try {
      return await daemon.call(method, path, options)
    } catch {
      this.figures.unanswered++
      return undefined
    }
  }

  /** A refusal says why, in a word for programs, and when to come again. */
  #checkRefusal(what: string, { status, body, retryAfter }: DaemonAnswer): void {
    this.figures.refused++
    const isHonest = refused.safeParse(body).success && [404, 409, 423, 429, 503, 504].includes(status)
    if (!isHonest) this.problems.push(`${what}: ${status} ${JSON.stringify(body)}`)
    if ((status === 429 || status === 503) && retryAfter === undefined) {
      this.problems.push(`${what}: ${status} without Retry-After: ${JSON.stringify(body)}`)
    }
  }
}
