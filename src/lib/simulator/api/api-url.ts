import { Refusal } from './refusal.js'

/** A request target below `/api2`. */
export interface ApiUrl {
  /** `json`, `extjs` or something unknown. */
  readonly format: string
  /** What follows the format, percent-decoded once, always with a leading slash; double slashes stay. */
  readonly path: string
  /** Undecoded, without the question mark. */
  readonly query: string
}

/**
 * Splits a request target (PVE-FACTS 1.2). The whole path is decoded before it is split, so `%2F` separates.
 * Throws the refusals of paths outside the API and of `/api2` without a format.
 */
export function splitApiUrl(url: string): ApiUrl {
  const mark = url.indexOf('?')
  const path = percentDecoded(mark === -1 ? url : url.slice(0, mark))
  if (!path.startsWith('/api2')) throw new Refusal(500, `no such file '${path}'`)
  const [, format, rest] = /^\/api2\/+([a-z][a-z0-9]+)(\/.*)?$/s.exec(path) ?? []
  if (format === undefined) throw new Refusal(501, 'no such uri')
  return { format, path: rest ?? '/', query: mark === -1 ? '' : url.slice(mark + 1) }
}

/** `%C3%A4` to `ä`; a percent sign without two digits stays as it is. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => {
    const first = Number.parseInt(run.slice(1, 3), 16)
    if (run.length === 3 && first < 0x80) return String.fromCharCode(first)
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')
  })
}
