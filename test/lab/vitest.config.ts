import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { worldPool } from './world-worker.js'

/** What runs inside worlds: each file has one of its own. */
const inWorld = (name: string, include: string) => ({
  extends: true as const,
  test: {
    name,
    include: [include],
    globalSetup: [join(import.meta.dirname, 'global-setup.ts')],
    pool: worldPool,
  },
})

/** Two kinds of lab tests: those that look at worlds from outside, and those that run inside one. */
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: join(import.meta.dirname, '../../node_modules/.vite/lab'),
  test: {
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // They wait for other programs more than they compute.
    maxWorkers: 3,
    // Worlds are closed in it.
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      { extends: true, test: { name: 'machine', include: ['machine/*.test.ts'] } },
      inWorld('world', 'world/*.test.ts'),
      inWorld('bench', '../../bench/criu.ts'),
    ],
  },
})
