import { resolve } from 'node:path'

/** A change of the product's source that takes a rule out. */
export interface Patch {
  /** Below the repository's root. */
  readonly file: string
  /** Must stand there exactly once. */
  readonly find: string
  readonly replace: string
}

/** Tests and scripts run in the repository's root. */
export const ROOT = process.cwd()

/** What makes the patches of a file in its source, which throws when one does not match; undefined: there are none. */
export function patchesOf(patches: readonly Patch[], path: string): ((source: string) => string) | undefined {
  const own = patches.filter(({ file }) => resolve(ROOT, file) === path)
  if (own.length === 0) return undefined
  return (source) =>
    own.reduce((text, { file, find, replace }) => {
      const found = text.split(find).length - 1
      if (found !== 1) throw new Error(`${file}: the patch matches ${found} times, not once:\n${find}`)
      return text.replace(find, () => replace)
    }, source)
}
