import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { worldPool } from './world-worker.js'

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
      {
        extends: true,
        test: {
          name: 'world',
          include: ['world/*.test.ts'],
          globalSetup: [join(import.meta.dirname, 'global-setup.ts')],
          pool: worldPool,
        },
      },
    ],
  },
})
