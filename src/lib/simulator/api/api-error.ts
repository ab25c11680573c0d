/**
 * An error as Proxmox's REST handlers raise it: an HTTP status, the full message (without the trailing newline that
 * the formatter adds), and for parameter errors a map from parameter to text.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  readonly errors: Readonly<Record<string, string>> | undefined

  constructor(status: number, message: string, errors?: Readonly<Record<string, string>>) {
    super(message)
    this.status = status
    this.errors = errors
  }
}

/** A Perl `die "text\n"` in a method: HTTP 500 with the text as reason (PVE-FACTS 1.6). */
export const die = (message: string): never => {
  throw new ApiError(500, message)
}

/** 400 `Parameter verification failed.` with a text per parameter. */
export const parameterError = (errors: Readonly<Record<string, string>>): ApiError =>
  new ApiError(400, 'Parameter verification failed.', errors)

/** 403 with the text that names what was missing. */
export const permissionError = (detail?: string): ApiError =>
  new ApiError(403, detail === undefined ? 'Permission check failed' : `Permission check failed (${detail})`)
