// Writes docs/commands/*.md from the manifest, and what deploy/ shows of an installation: node scripts/run.mjs scripts/docs.ts
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { filesIn, ROOT, replaceFile } from './build/files.js'
import { deploymentExamples } from './docs/deployment.js'
import { commandReference } from './docs/reference.js'

const read = (path: string) => JSON.parse(readFileSync(join(ROOT, path), 'utf8'))

const pages = commandReference(read('oclif.manifest.json').commands, read('package.json').oclif)
for (const [name, text] of pages) replaceFile(`docs/commands/${name}`, text)
for (const file of filesIn('docs/commands', '.md')) {
  if (!pages.has(file)) rmSync(join(ROOT, 'docs/commands', file))
}
for (const [name, text] of deploymentExamples()) replaceFile(`deploy/${name}`, text)
