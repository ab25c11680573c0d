import { Plugin } from '@oclif/core/config'
import { ROOT, replaceFile } from './files.js'

/** oclif.manifest.json: what oclif knows of each command without loading it. */
export async function writeManifest(): Promise<void> {
  const plugin = new Plugin({
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
  replaceFile('oclif.manifest.json', `${JSON.stringify({ ...plugin.manifest, commands }, undefined, 2)}\n`)
}

/** Paragraphs without the line ends of the source: the help breaks lines where the terminal ends. */
const unfold = (text: string): string => text.replaceAll(/(?<=\S)\n(?=[^\s-])/g, ' ')
