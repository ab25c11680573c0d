import type { Command } from '@oclif/core'
import { Plugin } from '@oclif/core/config'
import { ROOT, replaceFile } from './files.js'

/** oclif.manifest.json: what oclif knows of each command without loading it. */
export async function writeManifest(): Promise<void> {
  const plugin = new WholeCommands({
    root: ROOT,
    type: 'core',
    isRoot: true,
    ignoreManifest: true,
    errorOnManifestCreate: true,
    respectNoCacheDefault: true,
  })
  await plugin.load()
  const commands = Object.fromEntries(
    Object.entries(plugin.manifest.commands).map(([id, { description, ...command }]) => [
      id,
      { ...command, ...(description !== undefined && { description: unfold(description) }) },
    ]),
  )
  replaceFile('oclif.manifest.json', `${JSON.stringify({ ...plugin.manifest, commands })}\n`)
}

/**
 * Commands that hold what they share themselves: oclif goes up the classes to copy what a command inherits, and stops at the first that
 * adds nothing of its own. What is above it, such as `--json`, would be missing from help, completion and reference.
 */
class WholeCommands extends Plugin {
  override async findCommand(id: string, _must: { must: true }): Promise<Command.Class> {
    const command = await super.findCommand(id, { must: true })
    const { baseFlags, enableJsonFlag } = command
    return Object.assign(command, { baseFlags, enableJsonFlag })
  }
}

/** Paragraphs without the line ends of the source: the help breaks lines where the terminal ends. */
const unfold = (text: string): string => text.replaceAll(/(?<=\S)\n(?=[^\s-])/g, ' ')
