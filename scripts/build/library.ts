import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { build } from '../esbuild.mjs'
import { COMMON } from './command-line.js'
import { ROOT, replaceFile } from './files.js'

/** The library (src/index.ts) as ES modules; its dependencies stay packages. */
export async function bundleLibrary(): Promise<void> {
  const { outputFiles = [] } = await build({
    ...COMMON,
    entryPoints: ['src/index.ts'],
    format: 'esm',
    splitting: true,
    packages: 'external',
    outdir: 'dist/lib',
  })
  for (const { path, contents } of outputFiles) replaceFile(path.slice(ROOT.length + 1), contents)
}

/** Its type declarations. */
export function declareLibrary(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', 'tsconfig.declarations.json'], { cwd: ROOT, stdio: 'inherit' })
}
