import type { Hook } from '@oclif/core'
import { CmuxError } from '../lib/errors.js'
import { nearest } from '../lib/nearest.js'

/** Says what was mistyped and which commands come close. It never runs a guess: `delete` is among them. */
const commandNotFound: Hook.CommandNotFound = async ({ id, config }) => {
  const words = (commandId: string) => commandId.replaceAll(':', ' ')
  const visible = config.commands.filter(({ hidden }) => !hidden)
  const guesses = nearest(
    words(id),
    visible.map((command) => words(command.id)),
  )
  const lines = guesses.map((guess) => `\`${config.bin} ${guess}\``)
  const hint = `Did you mean ${lines.join(' or ')}?`
  throw new CmuxError('usage', `There is no command '${words(id)}'`, guesses.length > 0 ? { hint } : {})
}

export default commandNotFound
