import { CmuxError } from '../errors.js'

export type SizeUnit = 'MiB' | 'GiB'

const MEBIBYTES: Readonly<Record<string, number>> = { M: 1, G: 1024, T: 1024 * 1024 }

interface WantedSize {
  readonly unit: SizeUnit
  /** Default: one. */
  readonly least?: number | undefined
  /** What an error calls it. */
  readonly what?: string
}

/**
 * A size in `unit`, from texts such as `4096` (already in `unit`), `512M`, `4G`, `1T`, `4GB`, `4GiB`.
 * The result is a whole number of the unit, `least` or more; anything else is a `usage` error.
 */
export function parseSize(text: string, { unit, least = 1, what = 'size' }: WantedSize): number {
  const match = /^(\d+(?:\.\d+)?)\s*(?:([MGT])(?:i?B)?)?$/i.exec(text.trim())
  const factor = MEBIBYTES[(match?.[2] ?? unit.charAt(0)).toUpperCase()]
  const size =
    match === null || factor === undefined ? Number.NaN : (Number(match[1]) * factor) / (unit === 'GiB' ? 1024 : 1)
  if (!Number.isSafeInteger(size) || size < least) {
    const examples = unit === 'MiB' ? '4096 (MiB), 512M or 4G' : '32 (GiB), 32G or 1T'
    throw new CmuxError('usage', `Invalid ${what} '${text}'`, {
      hint: `Write a whole number of ${unit}${least > 1 ? `, ${least} at least` : ''}, like ${examples}.`,
    })
  }
  return size
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']

/** Bytes as people read them: `512 MiB`, `1.5 GiB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1)
  const value = bytes / 1024 ** power
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} ${UNITS[power]}`
}
