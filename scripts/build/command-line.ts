import { createHash } from 'node:crypto'
import { dirname, relative } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { build } from '../esbuild.mjs'
import { filesIn, ROOT, removeOthers, replaceFile } from './files.js'

export const COMMON: BuildOptions = {
  absWorkingDir: ROOT,
  bundle: true,
  write: false,
  platform: 'node',
  target: 'node20.19',
  charset: 'ascii',
  legalComments: 'none',
  logLevel: 'warning',
}

/** Optional native parts of ssh2, and what oclif would load to run TypeScript. None is there, none is missed. */
const ABSENT = ['cpu-features', '*/sshcrypto.node', 'typescript', 'ts-node', 'tsx']

/** A command line: the product's own, or one made of fixtures for tests. Paths in the repository. */
export interface CommandLine {
  /** Holds `commands/` and `hooks/`. */
  readonly sources: string
  readonly output: string
  /** The module that loads the bundle and exports what it exports. */
  readonly loader: string
}

/**
 * The command line as one CommonJS file, in which every module runs when it is first asked for. One file and not many, because V8's
 * cache of its machine code (bin/load.js) is what makes the tool start fast, and because no ES module loader is needed.
 * For oclif's pattern discovery each command and hook has a file of its own that fetches it from there.
 */
export async function bundleCommandLine({ sources, output, loader }: CommandLine): Promise<void> {
  const parts = ['commands', 'hooks'].flatMap((folder) =>
    filesIn(`${sources}/${folder}`, '.ts').map((file) => `${folder}/${file.slice(0, -'.ts'.length)}`),
  )
  const { outputFiles = [] } = await build({
    ...COMMON,
    stdin: { contents: entry(sources, parts), resolveDir: ROOT, sourcefile: 'bundle.ts', loader: 'ts' },
    format: 'cjs',
    // Names stay: stack traces are for people.
    minifySyntax: true,
    minifyWhitespace: true,
    external: ABSENT,
    sourcemap: 'external',
    outfile: `${output}/bundle.cjs`,
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
  })
  for (const { path, contents } of outputFiles) {
    if (path.endsWith('.map')) replaceFile(`${output}/bundle.cjs.map`, contents)
    else replaceFile(`${output}/bundle.cjs`, withIdentity(Buffer.from(contents).toString('latin1')))
  }
  for (const part of parts) replaceFile(`${output}/${part}.cjs`, stub(part, `${output}/${part}.cjs`, loader))
  removeOthers(output, '.cjs', ['bundle.cjs', ...parts.map((part) => `${part}.cjs`)])
}

const entry = (sources: string, parts: readonly string[]): string => `
export { main } from './src/cli.js'
const parts = {
${parts.map((part) => `  ${JSON.stringify(part)}: () => require(${JSON.stringify(`./${sources}/${part}.js`)}),`).join('\n')}
}
export const load = (part) => parts[part]()
`

const stub = (part: string, file: string, loader: string): string =>
  `module.exports = require(${JSON.stringify(relative(dirname(file), loader))}).load(${JSON.stringify(part)})\n`

/** The hash that bin/load.js compares the code cache with. It takes the place of a line, so the source map stays right. */
const withIdentity = (code: string): string =>
  `/* ${createHash('sha256').update(code).digest('hex')} */${code}\n//# sourceMappingURL=bundle.cjs.map\n`
