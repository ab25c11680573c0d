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
  replaceFile('oclif.manifest.json', `${JSON.stringify(plugin.manifest, undefined, 2)}\n`)
}
