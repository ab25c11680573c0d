/** Randomness comes in through the door: one seed replays a whole run. */
export interface Random {
  /** [0, 1) */
  next(): number
  /** Both ends included. */
  integer(minimum: number, maximum: number): number
  /** Lower-case hexadecimal text. */
  hex(digits: number): string
  pick<T>(list: readonly T[]): T
}

/** A generator (sfc32) whose whole sequence follows from the seed. */
export function seededRandom(seed: number | string): Random {
  const next = generator(hash(String(seed)))
  const integer = (minimum: number, maximum: number) => minimum + Math.floor(next() * (maximum - minimum + 1))
  return {
    next,
    integer,
    hex: (digits) => Array.from({ length: digits }, () => integer(0, 15).toString(16)).join(''),
    pick(list) {
      const index = integer(0, list.length - 1)
      if (list.length === 0) throw new RangeError('pick from an empty list')
      return list[index] as (typeof list)[number]
    },
  }
}

/** FNV-1a, so that similar seeds start far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 0x01000193)
  return value >>> 0
}

function generator(seed: number): () => number {
  let a = seed
  let b = seed ^ 0x9e3779b9
  let c = seed ^ 0x243f6a88
  let counter = 1
  const next = () => {
    const sum = (a + b + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    c |= 0
    return (sum >>> 0) / 0x1_0000_0000
  }
  for (let round = 0; round < 12; round++) next()
  return next
}
