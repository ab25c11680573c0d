/**
 * The words of a command line with the global flags that stand before the command behind it, where the parser looks for them: before the
 * first word that looks like a flag, or `--`. Without a command nothing is moved. Pure.
 */
export function commandFirst(argv: readonly string[]): readonly string[] {
  let count = 0
  for (;;) {
    const word = argv[count] ?? ''
    if (word === '--env-file') count += 2
    else if (word === '--json' || word.startsWith('--env-file=')) count += 1
    else break
  }
  const [flags, words] = [argv.slice(0, count), argv.slice(count)]
  if (words[0] === undefined || words[0].startsWith('-')) return argv
  const behind = words.findIndex((word) => word.startsWith('-'))
  const end = behind === -1 ? words.length : behind
  return [...words.slice(0, end), ...flags, ...words.slice(end)]
}
