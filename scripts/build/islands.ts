import { join, relative } from 'node:path'
import type { Plugin } from 'esbuild'
import { ROOT } from './files.js'

/** What `pool serve` stands on. */
const HTTP = ['@fastify/rate-limit', '@fastify/swagger', 'fastify', 'fastify-type-provider-zod', 'pino', 'prom-client']

/** Code that few commands need and that shares no state with the rest has a file of its own, so that the others need not read it. */
const ISLANDS = [
  { name: 'simulator', holds: (path: string) => path.startsWith('src/lib/simulator/') },
  { name: 'ssh2', holds: (path: string) => path === 'ssh2' },
  { name: 'yaml', holds: (path: string) => path === 'yaml' },
  { name: 'http', holds: (path: string) => HTTP.includes(path) },
] as const

const PACKAGES = new RegExp(`^(\\.|(${['ssh2', 'yaml', ...HTTP].join('|')})$)`)

/** Which modules of each island somebody outside of it has asked for. */
export type Wanted = Map<string, Set<string>>

/**
 * Leaves the islands out of a bundle (all but `self`), and notes in `wanted` what of them it asks for: paths in the repository, or names
 * of packages. `loader` is what the bundle requires to load another file.
 */
export const leaveOutIslands = (self: string, loader: string, wanted: Wanted): Plugin => ({
  name: 'islands',
  setup(build) {
    build.onResolve({ filter: PACKAGES }, ({ path, resolveDir, importer }) => {
      const module = path.startsWith('.') ? relative(ROOT, join(resolveDir, path)).replace(/\.js$/, '.ts') : path
      const island = ISLANDS.find(({ holds }) => holds(module))
      const inside = island?.holds(relative(ROOT, importer)) === true
      if (island === undefined || inside || island.name === self) return undefined
      wanted.set(island.name, (wanted.get(island.name) ?? new Set()).add(module))
      return { path: `${island.name}:${module}`, namespace: 'island' }
    })
    build.onLoad({ filter: /.*/, namespace: 'island' }, ({ path }) => {
      const [name, module] = path.split(':')
      const contents = `module.exports = require(${JSON.stringify(loader)}).load('${name}').part('${module}')`
      return { contents, resolveDir: ROOT }
    })
    build.onResolve({ filter: /.*/, namespace: 'island' }, ({ path }) => ({ path, external: true }))
  },
})
