import { basename, join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { worldPool } from './world-worker.js'

/** After those that look at worlds from outside: the numbers of namespaces are used again by worlds that open meanwhile. */
const AFTER_MACHINE = { groupOrder: 1 }

/** What takes longest, for the first time on a machine: begun last, it would be waited for alone. */
const LONGEST = ['criu-kill-restore', 'criu-kill-freeze', 'executors', 'criu', 'interrupts', 'template-recipe']

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return files.toSorted((a, b) => rank(a) - rank(b))
  }
}

function rank({ moduleId }: TestSpecification): number {
  const place = LONGEST.indexOf(basename(moduleId, '.test.ts'))
  return place < 0 ? LONGEST.length : place
}

/** What runs inside worlds: each file has one of its own. */
const inWorld = (name: string, include: string) => ({
  extends: true as const,
  test: {
    name,
    sequence: AFTER_MACHINE,
    include: [include],
    globalSetup: [join(import.meta.dirname, 'global-setup.ts')],
    pool: worldPool,
  },
})

/** Three kinds of lab tests: those that look at worlds from outside, those that run inside one, and those on a machine with systemd. */
export default defineConfig({
  root: import.meta.dirname,
  cacheDir: join(import.meta.dirname, '../../node_modules/.vite/lab'),
  test: {
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
    // They wait for other programs more than they compute.
    maxWorkers: 3,
    // Worlds are closed in it.
    teardownTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
    projects: [
      { extends: true, test: { name: 'machine', include: ['machine/*.test.ts'], sequence: { groupOrder: 0 } } },
      inWorld('world', 'world/*.test.ts'),
      {
        extends: true,
        test: {
          name: 'service',
          include: ['service/*.test.ts'],
          globalSetup: [join(import.meta.dirname, 'global-setup.ts')],
          sequence: AFTER_MACHINE,
        },
      },
      inWorld('bench', '../../bench/criu.ts'),
    ],
  },
})
