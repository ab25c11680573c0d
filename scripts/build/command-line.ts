import { createHash } from 'node:crypto'
import { dirname, relative } from 'node:path'
import type { BuildOptions } from 'esbuild'
import { build } from '../esbuild.mjs'
import { filesIn, ROOT, removeOthers, replaceFile } from './files.js'
import { leaveOutIslands, type Wanted } from './islands.js'
import { trim } from './trim.js'

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

/** What oclif needs only where there is no manifest: not in an installed tool. */
const FOR_DISCOVERY = ['lilconfig', 'minimatch', 'tinyglobby']

/** Keep the names of classes and functions: ssh2 asks for them, and these are not read at every start. */
const NAMED = ['simulator', 'ssh2', 'yaml', 'http']

/** A command line: the product's own, or one made of fixtures for tests. Paths in the repository. */
export interface CommandLine {
  /** Holds `commands/` and `hooks/`. */
  readonly sources: string
  readonly output: string
  /** Its `load(name)` gives the exports of `output/name.cjs`. */
  readonly loader: string
}

/**
 * The command line as one CommonJS file, in which every module runs when it is first asked for; and one for each island. Few files and
 * not many, because V8's cache of its machine code (bin/load.js) is what makes the tool start fast, and because no ES module loader
 * is needed. For oclif's pattern discovery each command and hook has a file of its own that fetches it from there.
 */
export async function bundleCommandLine(commandLine: CommandLine): Promise<void> {
  const { sources, output } = commandLine
  const parts = ['commands', 'hooks'].flatMap((folder) =>
    filesIn(`${sources}/${folder}`, '.ts').map((file) => `${folder}/${file.slice(0, -'.ts'.length)}`),
  )
  const wanted: Wanted = new Map([['main', new Set(['src/cli.ts', ...parts.map((part) => `${sources}/${part}.ts`)])]])
  // Bundles ask each other for modules: until none asks for anything new.
  const made = new Map<string, number>()
  for (;;) {
    const next = [...wanted].find(([name, modules]) => made.get(name) !== modules.size)
    if (next === undefined) break
    const [name, modules] = next
    made.set(name, modules.size)
    await bundle(name, [...modules], commandLine, wanted)
  }
  for (const part of parts) {
    const file = `${output}/${part}.cjs`
    replaceFile(file, `module.exports = ${partOf('main', `${sources}/${part}.ts`, loaderFrom(file, commandLine))}\n`)
  }
  removeOthers(output, '.cjs', [...[...wanted.keys(), ...parts].map((name) => `${name}.cjs`)])
}

async function bundle(
  name: string,
  modules: readonly string[],
  commandLine: CommandLine,
  wanted: Wanted,
): Promise<void> {
  const file = `${commandLine.output}/${name}.cjs`
  const { outputFiles = [] } = await build({
    ...COMMON,
    stdin: { contents: entry(modules), resolveDir: ROOT, sourcefile: `${name}.js` },
    format: 'cjs',
    supported: { 'dynamic-import': false },
    minifySyntax: true,
    minifyWhitespace: true,
    minifyIdentifiers: !NAMED.includes(name),
    external: [...ABSENT, ...FOR_DISCOVERY],
    plugins: [trim, leaveOutIslands(name, loaderFrom(file, commandLine), wanted)],
    sourcemap: 'external',
    outfile: file,
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: "const bundleUrl=require('node:url').pathToFileURL(__filename).href;" },
  })
  for (const { path, contents } of outputFiles) {
    if (path.endsWith('.map')) replaceFile(`${file}.map`, movedDown(contents))
    else replaceFile(file, withIdentity(Buffer.from(contents).toString('latin1'), name))
  }
}

const entry = (modules: readonly string[]): string => `
const parts = {
${modules.map((module) => `  ${JSON.stringify(module)}: () => require(${JSON.stringify(module.endsWith('.ts') ? `./${module}` : module)}),`).join('\n')}
}
exports.part = (name) => parts[name]()
`

const partOf = (bundle: string, module: string, loader: string): string =>
  `require(${JSON.stringify(loader)}).load('${bundle}').part(${JSON.stringify(module)})`

const loaderFrom = (file: string, { loader }: CommandLine): string => {
  const path = relative(dirname(file), loader)
  return path.startsWith('.') ? path : `./${path}`
}

/** Behind the hash that bin/load.js compares the code cache with. The map is moved down by the line that the hash takes. */
const withIdentity = (code: string, name: string): string =>
  `/*${createHash('sha256').update(code).digest('hex')}*/\n${code}\n//# sourceMappingURL=${name}.cjs.map\n`

function movedDown(map: Uint8Array): string {
  const content = JSON.parse(Buffer.from(map).toString('utf8'))
  return JSON.stringify({ ...content, mappings: `;${content.mappings}` })
}
