/**
 * A request that is turned away before any method sees it: plain text equal to the message, no content type
 * (PVE-FACTS 1.6). With `silent` the body stays empty.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly status: number
  readonly silent: boolean

  constructor(status: number, message: string, options: { readonly silent?: boolean } = {}) {
    super(message)
    this.status = status
    this.silent = options.silent ?? false
  }
}
