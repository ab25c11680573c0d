import { relative } from 'node:path'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Longer than their size says, because they wait for what takes its time; the longest first. */
const LONG: readonly string[] = ['test/lib/simulator/conformance.test.ts', 'test/commands/demo.test.ts']

/**
 * Starts the long files before the others: one that began last would run on by itself. vitest knows how long a file takes from its last run
 * only, and takes a file's size where there was none.
 */
export default class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.indexOf(relative(this.ctx.config.root, moduleId))
      return at === -1 ? LONG.length : at
    }
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
