import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { worldPool } from './world-worker.js'

/** What runs inside the world that the set-up opens. */
const inWorld = (name: string, include: string) => ({
  extends: true as const,
  test: {
    name,
    include: [include],
    globalSetup: [join(import.meta.dirname, 'global-setup.ts')],
    pool: worldPool,
  },
})

/** Two kinds of lab tests: those that look at worlds from outside, and those that run inside the one that the set-up opens. */
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: join(import.meta.dirname, '../../node_modules/.vite/lab'),
  test: {
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
    projects: [
      { extends: true, test: { name: 'machine', include: ['machine/*.test.ts'] } },
      inWorld('world', 'world/*.test.ts'),
      inWorld('bench', '../../bench/criu.ts'),
    ],
  },
})
