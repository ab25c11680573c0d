// Runs a TypeScript file of this repository on a Node that cannot: node scripts/run.mjs scripts/build.ts [arguments]
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './esbuild.mjs'

const root = dirname(import.meta.dirname)
const script = resolve(process.argv[2])
const { outputFiles } = await build({
  entryPoints: [script],
  absWorkingDir: root,
  bundle: true,
  write: false,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  packages: 'external',
  sourcemap: 'inline',
})

process.chdir(root)
// Inside node_modules, so that packages are found from there.
const folder = join(root, 'node_modules/.cache/cmux-pve')
const file = join(folder, `${process.pid}.mjs`)
mkdirSync(folder, { recursive: true })
writeFileSync(file, outputFiles[0].contents)
const remove = () => rmSync(file, { force: true })
process.on('exit', remove)
process.argv.splice(1, 2, script)
await import(pathToFileURL(file).href)
// Whatever ends a script that goes on from here, such as SIGKILL, leaves no file.
remove()
