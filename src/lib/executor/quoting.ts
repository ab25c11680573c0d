import { CmuxError } from '../errors.js'

/** Words that every POSIX shell takes as they are. `=` and `~` are missing on purpose: both mean something in some places. */
const PLAIN_WORD = /^[A-Za-z0-9_@%+:,./-]+$/

/**
 * One line that a POSIX shell parses back into exactly these words.
 * A NUL cannot be part of an argument on any Unix: `invalid`.
 */
export function quoteArgv(argv: readonly string[]): string {
  refuseNul(argv)
  return argv.map(quoteWord).join(' ')
}

/** Throws `invalid` for words that no command can receive. */
export function refuseNul(argv: readonly string[]): void {
  if (argv.some((word) => word.includes('\0'))) {
    throw new CmuxError('invalid', 'An argument holds a NUL character, which no command can receive')
  }
}

function quoteWord(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
