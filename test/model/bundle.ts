import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from '../../scripts/esbuild.mjs'
import { type Patch, patchesOf, ROOT } from './patched-source.js'

/** A program that runs cases: one file, in which `patches` were made. */
export interface ModelBundle {
  readonly file: string
  remove(): void
}

let bundles = 0

/** Builds the program. Rejects when a patch does not match: then the rule that it takes out has moved, and the patch has to follow it. */
export async function bundleModel(patches: readonly Patch[] = []): Promise<ModelBundle> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, 'test/model/main.ts')],
    absWorkingDir: ROOT,
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Bundled, an import at run time takes no turn of the event loop: a run depends on nothing but its case.
    external: ['undici', 'ssh2', 'fast-check', '@peculiar/x509', 'execa', 'fastify', 'pino', 'prom-client', 'yaml'],
    banner: {
      js: "import { createRequire as makeRequire } from 'node:module';const require = makeRequire(import.meta.url);",
    },
    sourcemap: 'inline',
    // What goes wrong is thrown; a patch that does not match is meant to.
    logLevel: 'silent',
    plugins: [patching(patches)],
  })
  const folder = join(ROOT, 'node_modules/.cache/cmux-pve')
  const file = join(folder, `model-${process.pid}-${++bundles}.mjs`)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, outputFiles?.[0]?.contents ?? '')
  return { file, remove: () => rmSync(file, { force: true }) }
}

interface PluginBuild {
  onLoad(
    options: { filter: RegExp },
    callback: (args: { path: string }) => { contents: string; loader: 'ts' } | undefined,
  ): void
}

function patching(patches: readonly Patch[]) {
  return {
    name: 'patches',
    setup(plugin: PluginBuild) {
      plugin.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const patch = patchesOf(patches, path)
        return patch === undefined ? undefined : { contents: patch(readFileSync(path, 'utf8')), loader: 'ts' }
      })
    },
  }
}
