import type { View } from './view.js'

/** The ids of the claims that this run has answered with, as long as they stand: what records cannot tell. */
export class Answered {
  readonly #ids = new Set<string>()

  constructor(view: View) {
    view.onChange(({ before, member }) => {
      const id = before?.record.claim?.id
      if (id !== undefined && id !== member?.record.claim?.id) this.#ids.delete(id)
    })
  }

  add(claimId: string): void {
    this.#ids.add(claimId)
  }

  has(claimId: string): boolean {
    return this.#ids.has(claimId)
  }
}
