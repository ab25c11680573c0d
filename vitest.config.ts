import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    // What a command prints goes to the streams it was given, not through vitest.
    disableConsoleIntercept: true,
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
