import { join, relative } from 'node:path'
import type { Plugin } from 'esbuild'
import { ROOT } from './files.js'

/** The only module of it that is used. */
const UNDICI = 'undici/lib/dispatcher/pool.js'

/** What tells of every container that is looked at whether it sleeps. */
const SLEEP = ['checkpoint-name', 'power-tasks', 'sleep', 'sleep-mark'].map((name) => `src/lib/criu/${name}.ts`)

/** What `pool serve` stands on. */
const HTTP = ['@fastify/rate-limit', '@fastify/swagger', 'fastify', 'fastify-type-provider-zod', 'pino', 'prom-client']

/**
 * Code that not every command needs has a file of its own, so that the others need not read it: each function at the top of a module is
 * made anew at every start, whether or not the module runs. A module of src is in exactly one file, and what an island needs from outside
 * of it, it gets from there; packages that several files need are in each of them.
 */
const ISLANDS = [
  { name: 'simulator', holds: (path: string) => path.startsWith('src/lib/simulator/') },
  { name: 'pool', holds: (path: string) => path.startsWith('src/lib/pool/') },
  { name: 'criu', holds: (path: string) => path.startsWith('src/lib/criu/') && !SLEEP.includes(path) },
  { name: 'undici', holds: (path: string) => path === UNDICI },
  { name: 'execa', holds: (path: string) => path === 'execa' },
  { name: 'ssh2', holds: (path: string) => path === 'ssh2' },
  { name: 'yaml', holds: (path: string) => path === 'yaml' },
  { name: 'http', holds: (path: string) => HTTP.includes(path) },
] as const

const PACKAGES = new RegExp(`^(\\.|(${[UNDICI, 'execa', 'ssh2', 'yaml', ...HTTP].join('|')})$)`)

/** Which modules of each file of the command line somebody outside of it has asked for. */
export type Wanted = Map<string, Set<string>>

/**
 * Leaves out of the bundle `self` what is in another one, and notes in `wanted` what of it is asked for: paths in the repository, or names
 * of packages. `loader` is what the bundle requires to load another file.
 */
export const leaveOutIslands = (self: string, loader: string, wanted: Wanted): Plugin => ({
  name: 'islands',
  setup(build) {
    build.onResolve({ filter: PACKAGES }, ({ path, resolveDir }) => {
      const module = path.startsWith('.') ? relative(ROOT, join(resolveDir, path)).replace(/\.js$/, '.ts') : path
      const island = ISLANDS.find(({ holds }) => holds(module))?.name ?? (module.startsWith('src/') ? 'main' : self)
      if (island === self) return undefined
      wanted.set(island, (wanted.get(island) ?? new Set()).add(module))
      return { path: `${island}:${module}`, namespace: 'island' }
    })
    build.onLoad({ filter: /.*/, namespace: 'island' }, ({ path }) => {
      const [name, module] = path.split(':')
      const contents = `module.exports = require(${JSON.stringify(loader)}).load('${name}').part('${module}')`
      return { contents, resolveDir: ROOT }
    })
    build.onResolve({ filter: /.*/, namespace: 'island' }, ({ path }) => ({ path, external: true }))
  },
})
