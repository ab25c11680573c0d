/** The candidates that a mistyped text may have meant, nearest first, at most three. */
export function nearest(text: string, candidates: readonly string[]): readonly string[] {
  return candidates
    .map((candidate) => ({ candidate, distance: distance(text, candidate) }))
    .filter(
      ({ candidate, distance }) => distance <= Math.max(2, Math.floor(candidate.length / 4)) || isPart(text, candidate),
    )
    .sort((a, b) => a.distance - b.distance || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({ candidate }) => candidate)
}

/** A word of the candidate that was given without its topic (`clone` for `instance clone`), or its beginning. */
const isPart = (text: string, candidate: string): boolean =>
  candidate.split(' ').includes(text) || (text.length > 2 && candidate.startsWith(text))

/** How many letters to insert, remove, replace or swap with their neighbour (optimal string alignment). */
function distance(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const at = (line: readonly number[], index: number) => line[index] ?? Number.POSITIVE_INFINITY
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY
      row.push(Math.min(at(row, j - 1) + 1, at(last, j) + 1, replaced, swapped))
    }
    ;[before, last] = [last, row]
  }
  return last[b.length] ?? 0
}
