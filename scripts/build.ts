// Makes dist/: node scripts/run.mjs scripts/build.ts [--if-stale] [--declarations]
import { performance } from 'node:perf_hooks'
import { writeCodeCache } from './build/code-cache.js'
import { bundleCommandLine } from './build/command-line.js'
import { bundleLibrary, declareLibrary } from './build/library.js'
import { writeManifest } from './build/manifest.js'
import { isFresh } from './build/stale.js'

const started = performance.now()
const wants = (flag: string) => process.argv.includes(flag)

if (wants('--if-stale') && isFresh()) process.exit()

await bundleCommandLine({ sources: 'src', output: 'dist/cli', loader: 'bin/load.js' })
await writeManifest()
await writeCodeCache()
await bundleLibrary()
if (wants('--declarations')) declareLibrary()

process.stderr.write(`Built in ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
