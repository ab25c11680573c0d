/** How much a new measurement counts. */
const WEIGHT = 0.3

/** How long things took lately, in milliseconds: so that waiting for them asks often when they are about to end, and seldom before. */
export class Pace {
  readonly #averages = new Map<string, number>()

  /** Undefined until it was measured once. */
  of(what: string): number | undefined {
    return this.#averages.get(what)
  }

  measured(what: string, milliseconds: number): void {
    const before = this.#averages.get(what)
    this.#averages.set(what, before === undefined ? milliseconds : before + WEIGHT * (milliseconds - before))
  }
}
