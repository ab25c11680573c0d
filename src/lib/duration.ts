import { CmuxError } from './errors.js'

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * Milliseconds of a duration such as `90s`, `1.5m`, `500ms`, `2h`, `7d`; a number alone means seconds.
 * Anything else is a `usage` error that names `what`.
 */
export function parseDuration(text: string, what = 'duration'): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim())
  const unit = MILLISECONDS[match?.[2] ?? 's']
  if (match === null || unit === undefined) {
    throw new CmuxError('usage', `Invalid ${what} '${text}'`, { hint: 'Write it like 90s, 5m, 1h or 500ms.' })
  }
  return Math.round(Number(match[1]) * unit)
}

/** A duration as people write it: `450 ms`, `3.2 s`, `2 min 5 s`, `1 h 10 min`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60]
  if (hours > 0) return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`
  return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`
}
