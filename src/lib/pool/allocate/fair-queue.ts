/** A place in a queue. */
export interface Place<T> {
  readonly client: string
  readonly item: T
  readonly round: number
  readonly order: number
}

/**
 * First come, first served, in rounds: the second one of a client that waits already comes behind everybody's first. Where each client has
 * one waiting that is plain order of arrival; a client that floods delays nobody but itself.
 */
export class FairQueue<T> {
  /** In the order in which they are served. */
  readonly #places: Place<T>[] = []
  readonly #lastRound = new Map<string, number>()
  readonly #waiting = new Map<string, number>()
  #round = 0
  #order = 0

  get size(): number {
    return this.#places.length
  }

  add(client: string, item: T): Place<T> {
    const round = Math.max(this.#round, (this.#lastRound.get(client) ?? this.#round - 1) + 1)
    const place = { client, item, round, order: this.#order++ }
    this.#lastRound.set(client, round)
    this.#waiting.set(client, this.waitingOf(client) + 1)
    this.#places.splice(this.#indexFor(place), 0, place)
    return place
  }

  /** Whoever is served, or leaves. */
  remove(place: Place<T>, how: 'served' | 'left'): void {
    const index = this.#places.indexOf(place)
    if (index < 0) return
    this.#places.splice(index, 1)
    if (how === 'served') this.#round = Math.max(this.#round, place.round)
    const left = this.waitingOf(place.client) - 1
    if (left > 0) this.#waiting.set(place.client, left)
    else {
      this.#waiting.delete(place.client)
      this.#lastRound.delete(place.client)
    }
  }

  waitingOf(client: string): number {
    return this.#waiting.get(client) ?? 0
  }

  /** A copy: it may be walked while places are given up. */
  inOrder(): readonly Place<T>[] {
    return [...this.#places]
  }

  /** How many would be served before somebody of `client` who came now. */
  ahead(client: string): number {
    const round = Math.max(this.#round, (this.#lastRound.get(client) ?? this.#round - 1) + 1)
    return this.#indexFor({ round, order: this.#order })
  }

  /** The last place of the client that has the most. */
  lastOfGreediest(): Place<T> | undefined {
    let greediest: string | undefined
    for (const [client, count] of this.#waiting) {
      if (greediest === undefined || count > this.waitingOf(greediest)) greediest = client
    }
    return this.#places.findLast(({ client }) => client === greediest)
  }

  #indexFor({ round, order }: Pick<Place<T>, 'round' | 'order'>): number {
    let [low, high] = [0, this.#places.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const place = this.#places[middle]
      const before = place !== undefined && (place.round < round || (place.round === round && place.order < order))
      if (before) low = middle + 1
      else high = middle
    }
    return low
  }
}
