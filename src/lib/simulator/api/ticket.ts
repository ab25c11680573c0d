import { createHmac, timingSafeEqual } from 'node:crypto'

const LIFETIME_SECONDS = 2 * 60 * 60
const GRACE_SECONDS = 5 * 60

/** Makes and checks login tickets and the tokens against cross-site requests that go with them (PVE-FACTS 1.3). */
export class Tickets {
  readonly #key: string
  readonly #now: () => number

  /** `now`: milliseconds since the epoch. */
  constructor(key: string, now: () => number) {
    this.#key = key
    this.#now = now
  }

  /** `PVE:root@pam:<8 hex>::<signature>` */
  ticket(user: string): string {
    const plain = `PVE:${user}:${this.#timestamp()}`
    return `${plain}::${this.#sign(plain)}`
  }

  /** `<8 hex>:<signature>` */
  csrfToken(user: string): string {
    const timestamp = this.#timestamp()
    return `${timestamp}:${this.#sign(`${timestamp}:${user}`)}`
  }

  /** The user of a good ticket. */
  verify(ticket: string): string | undefined {
    const [, plain, user, timestamp, signature] = /^(PVE:(\S+):([0-9A-F]{8}))::(\S+)$/.exec(ticket) ?? []
    if (plain === undefined || user === undefined || timestamp === undefined || signature === undefined)
      return undefined
    return same(signature, this.#sign(plain)) && this.#isFresh(timestamp) ? user : undefined
  }

  csrfTokenIsGood(token: string, user: string): boolean {
    const [, timestamp, signature] = /^([0-9A-F]{8}):(\S+)$/.exec(token) ?? []
    if (timestamp === undefined || signature === undefined) return false
    return same(signature, this.#sign(`${timestamp}:${user}`)) && this.#isFresh(timestamp)
  }

  #timestamp(): string {
    return Math.floor(this.#now() / 1000)
      .toString(16)
      .toUpperCase()
      .padStart(8, '0')
  }

  #isFresh(timestamp: string): boolean {
    const age = Math.floor(this.#now() / 1000) - Number.parseInt(timestamp, 16)
    return age > -GRACE_SECONDS && age < LIFETIME_SECONDS
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64').replace(/=+$/, '')
  }
}

function same(left: string, right: string): boolean {
  return left.length === right.length && timingSafeEqual(Buffer.from(left), Buffer.from(right))
}
