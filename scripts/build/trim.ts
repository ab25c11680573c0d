import { readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import type { Plugin } from 'esbuild'
import { ROOT } from './files.js'

/**
 * Stands in for packages that are loaded at every start and rarely used: the code in their place, where `real()` is the package. None of
 * them changes what the tool does; together they take a third off the time that oclif and undici need to load.
 */
const STAND_INS: Readonly<Record<string, string>> = {
  // Only what is used of it: the whole also checks the version of Node and loads the helpers of its own command line.
  '@oclif/core': `
    export { Command } from '@oclif/core/command'
    export { Config } from '@oclif/core/config'
    export { Help, loadHelpClass } from '@oclif/core/help'
    export { run } from '@oclif/core/run'
    export { ux } from '@oclif/core/ux'
    export * as Args from '@oclif/core/args'
    export * as Errors from '@oclif/core/errors'
    export * as Flags from '@oclif/core/flags'`,
  // Finds commands and plugins without a manifest.
  lilconfig: `exports.lilconfig = (...words) => real().lilconfig(...words)`,
  minimatch: `exports.minimatch = (...words) => real().minimatch(...words)`,
  tinyglobby: `exports.glob = (...words) => real().glob(...words)`,
  debug: `module.exports = process.env.DEBUG ? real() : () => Object.assign(() => {}, { enabled: false })`,
  // Compiles every text of the help as a template, even those that hold no placeholder. It quotes what HTML would take for its own.
  ejs: `
    exports.render = (text, context) => {
      const filled = text.replace(/<%= (\\w+)\\.(\\w+) %>/g, (placeholder, object, key) => {
        const value = context[object]?.[key]
        return typeof value === 'string' && !/[<>&'"]/.test(value) ? value : placeholder
      })
      return filled.includes('<%') ? real().render(text, context) : filled
    }`,
  // There may be no .env.
  dotenv: `exports.parse = (text) => real().parse(text)`,
  // Decides between 'linux' and 'wsl' in a text that is shown nowhere.
  'wsl-utils': `exports.isWsl = false`,
}

/** Modules of Node that oclif requires at its start, for functions that are hardly ever called. */
const LAZY_BUILTINS = ['node:child_process', 'node:fs/promises', 'node:perf_hooks', 'node:readline']

/** Single files of packages: text to replace, or the whole. */
const PATCHES: Readonly<Record<string, (text: string) => string>> = {
  // Sorts ids of ASCII letters. Collation by language takes 5 % of the start to set up.
  '@oclif/core/lib/config/plugin.js': (text) => replaceOnce(text, 'a.id.localeCompare(b.id)', '(a.id < b.id ? -1 : 1)'),
  // Reads the manifest, which there is nothing to do before.
  '@oclif/core/lib/util/fs.js': (text) =>
    replaceOnce(text, "await (0, promises_1.readFile)(path, 'utf8')", "(0, node_fs_1.readFileSync)(path, 'utf8')"),
  // The only things it takes from Node's own client: a class whose objects it is never given, and a limit that nobody changes.
  'undici/lib/core/util.js': (text) =>
    replaceOnce(text, "const { IncomingMessage } = require('node:http')", 'const IncomingMessage = undefined'),
  'undici/lib/dispatcher/client.js': (text) =>
    replaceOnce(
      replaceOnce(text, "const http = require('node:http')", 'const http = { maxHeaderSize: 16384 }'),
      'client[kConnecting] = true',
      'client[kConnecting] = true; setImmediate(connectH1.warmUp)',
    ),
  // Its parser is WebAssembly, which V8 begins to optimise after one answer. A command that is done by then would wait for the end of
  // that for as long as it takes to start Node. A server still gets there. What even an empty answer needs is compiled while the server
  // says hello, and not after it has answered; if that fails, it fails again where errors are handled.
  'undici/lib/dispatcher/client-h1.js': (text) =>
    [
      [
        'function lazyllhttp () {',
        "function lazyllhttp () { require('node:v8').setFlagsFromString('--wasm-tiering-budget=1000000000')",
      ],
      [
        'module.exports = connectH1',
        `module.exports = connectH1
        connectH1.warmUp = () => {
          if (llhttpInstance) return
          try {
            llhttpInstance = lazyllhttp()
            const { llhttp_alloc, llhttp_execute, llhttp_free } = llhttpInstance.exports
            const parser = llhttp_alloc(constants.TYPE.RESPONSE)
            llhttp_execute(parser, 0, 0)
            llhttp_free(parser)
          } catch {}
        }`,
      ],
    ].reduce((patched, [from = '', to = '']) => replaceOnce(patched, from, to), text),
  // HTTP/2, which pveproxy does not speak.
  'undici/lib/dispatcher/client-h2.js': () => `module.exports = () => { throw new Error('HTTP/2 is not built in') }`,
}

/** Takes out of the bundle what costs time at the start. */
export const trim: Plugin = {
  name: 'trim',
  setup(build) {
    build.onResolve({ filter: anyOf(Object.keys(STAND_INS)) }, ({ path, namespace, resolveDir }) =>
      namespace === 'stand-in' ? undefined : { path, namespace: 'stand-in', suffix: `?${relative(ROOT, resolveDir)}` },
    )
    // Whoever asks gets the version that it would have got. Relative, because source maps name it.
    build.onLoad({ filter: /.*/, namespace: 'stand-in' }, ({ path, suffix }) => ({
      contents: `${path === '@oclif/core' ? '' : `const real = () => require('${path}')\n`}${STAND_INS[path]}`,
      resolveDir: join(ROOT, suffix.slice(1)),
    }))

    build.onResolve({ filter: anyOf(LAZY_BUILTINS) }, ({ path, importer }) =>
      importer.includes(`${sep}@oclif${sep}core${sep}`) ? { path, namespace: 'lazy' } : undefined,
    )
    build.onLoad({ filter: /.*/, namespace: 'lazy' }, ({ path }) => ({
      contents: `module.exports = new Proxy({}, { get: (_, key) => require('${path}')[key] })`,
    }))

    for (const [file, patch] of Object.entries(PATCHES)) {
      build.onLoad(
        { filter: new RegExp(`[/\\\\]node_modules[/\\\\]${file.replaceAll('/', '[/\\\\]')}$`) },
        ({ path }) => ({
          contents: patch(readFileSync(path, 'utf8')),
        }),
      )
    }
  },
}

const anyOf = (names: readonly string[]): RegExp => new RegExp(`^(${names.join('|')})$`)

function replaceOnce(text: string, from: string, to: string): string {
  if (text.split(from).length !== 2) throw new Error(`A package has changed: '${from}' is not there once`)
  return text.replace(from, to)
}
