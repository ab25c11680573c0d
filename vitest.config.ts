import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // npm run test:lab
    exclude: [...configDefaults.exclude, 'test/lab/**'],
    globalSetup: ['test/support/build.ts'],
    // What a command prints goes to the streams it was given, not through vitest.
    disableConsoleIntercept: true,
    // Most tests wait for sockets and processes: more of them than cores go well together.
    maxWorkers: Math.max(3, availableParallelism()),
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
