import * as z from 'zod/mini'
import type { Allocation } from '../pool.js'

const TRUE = new Set(['true', 't', 'yes', 'y', 'on', '1'])
const FALSE = new Set(['false', 'f', 'no', 'n', 'off', '0'])

/** A whole number, in a query, a path or a body. Digits in a string are taken for a number, as the original service took them. */
export const wholeNumber = (minimum: number, maximum: number) =>
  z.pipe(
    z.transform((value: unknown) =>
      typeof value === 'string' && /^\d{1,15}$/.test(value.trim()) ? Number(value) : value,
    ),
    z.int().check(z.minimum(minimum), z.maximum(maximum)),
  )

/** A yes or no in a query: true, false, 1, 0, yes, no, on, off, y, n, t, f in any case. */
export const flag = () =>
  z.pipe(
    z.transform((value: unknown) => {
      if (typeof value !== 'string') return value
      const word = value.toLowerCase()
      if (TRUE.has(word)) return true
      return FALSE.has(word) ? false : value
    }),
    z.boolean(),
  )

export const vmid = () => wholeNumber(100, 999_999_999)

/** ISO 8601 in UTC as Python's `datetime.isoformat()` writes it: `+00:00`, and six digits behind the second unless they are zero. */
export function isoTime(milliseconds: number): string {
  const text = new Date(milliseconds).toISOString().slice(0, -1)
  return text.endsWith('.000') ? `${text.slice(0, -4)}+00:00` : `${text}000+00:00`
}

/** Seconds since the epoch as ISO 8601. */
export const isoSeconds = (seconds: number): string => isoTime(seconds * 1000)

/** What an allocate took, in whole milliseconds: the clock's fractions say nothing to anybody. */
export const wholeStages = ({ queue, claim, start, inject }: Allocation['stages']): Allocation['stages'] => ({
  queue: Math.round(queue),
  claim: Math.round(claim),
  start: Math.round(start),
  inject: Math.round(inject),
})
