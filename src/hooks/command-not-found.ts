import type { Hook } from '@oclif/core'
import { CmuxError } from '../lib/errors.js'
import { nearest } from '../lib/nearest.js'

/** Says what was mistyped and which commands come close. It never runs a guess: `delete` is among them. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const commands = config.commands.filter(({ hidden }) => !hidden).map((command) => command.id.replaceAll(':', ' '))
  const words = id.split(':')
  const complete = words.findLastIndex((_, index) => commands.includes(words.slice(0, index + 1).join(' ')))
  if (complete >= 0) {
    const command = words.slice(0, complete + 1).join(' ')
    throw new CmuxError('usage', `Unexpected argument: ${words.slice(complete + 1).join(' ')}`, {
      hint: `\`${config.bin} ${command}\` takes none: see \`${config.bin} ${command} --help\`.`,
    })
  }
  const { typed, guesses } = closest(words, commands)
  const hint = `Did you mean ${guesses.map((guess) => `\`${config.bin} ${guess}\``).join(' or ')}?`
  throw new CmuxError('usage', `There is no command '${typed}'`, guesses.length > 0 ? { hint } : {})
}

/** The last of the words may be arguments already: the longest beginning that comes close to a command counts. */
function closest(words: readonly string[], commands: readonly string[]) {
  for (let count = words.length; count > 0; count--) {
    const typed = words.slice(0, count).join(' ')
    // A topic alone is right; what does not exist is the word behind it.
    if (commands.some((command) => command.startsWith(`${typed} `))) {
      return { typed: words.slice(0, count + 1).join(' '), guesses: [`${typed} --help`] }
    }
    const guesses = nearest(typed, commands)
    if (guesses.length > 0) return { typed, guesses }
  }
  return { typed: words.join(' '), guesses: [] }
}

export default commandNotFound
