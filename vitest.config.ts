import { availableParallelism } from 'node:os'
import { configDefaults, defineConfig } from 'vitest/config'
import LongFirst from './test/support/sequencer.js'

/** Takes all cores for most of a minute: by itself it is done sooner, and nothing that waits for a process is slowed down. */
const MODEL = 'test/model/model.test.ts'

/** Files that replace a module of Node: nobody else may see that. */
const REPLACING = ['test/lib/simulator/journal-full-disk.test.ts', 'test/lib/sim/state-lock.test.ts']

export default defineConfig({
  test: {
    // What a command prints goes to the streams it was given, not through vitest.
    disableConsoleIntercept: true,
    // Most tests wait for sockets and processes: more of them than cores go well together.
    maxWorkers: Math.max(4, availableParallelism()),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    sequence: { sequencer: LongFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'tests',
          include: ['test/**/*.test.ts'],
          // npm run test:lab
          exclude: [...configDefaults.exclude, 'test/lab/**', MODEL, ...REPLACING],
          globalSetup: ['test/support/build.ts'],
          // No module has a state of its own, so that one process can load each once, and not once for every file.
          isolate: false,
        },
      },
      { extends: true, test: { name: 'replacing', include: REPLACING } },
      { extends: true, test: { name: 'model', include: [MODEL], sequence: { groupOrder: 1 } } },
    ],
  },
})
