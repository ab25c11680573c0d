import { PassThrough } from 'node:stream'
import { expect, test } from 'vitest'
import { startProgress } from '../../../src/lib/ui/progress.js'

/** What progress writes to a stderr of this kind. */
function written(stderr: { readonly isTTY?: boolean; readonly columns?: number }, environment = {}): string {
  const stream = Object.assign(new PassThrough(), stderr)
  const progress = startProgress('Title', { stdin: stream, stdout: stream, stderr: stream, environment })
  progress.update('Step')
  progress.detail('line of output')
  progress.log('logged')
  progress.succeed('Done')
  progress.update('too late')
  return String(stream.read())
}

test('away from a terminal progress is lines, one for each change, without details', () => {
  expect(written({})).toBe('Title\nStep\nlogged\nDone\n')
})

test.each([
  ['that does not know its width', { isTTY: true, columns: 0 }, {}],
  ['that can do nothing', { isTTY: true, columns: 80 }, { TERM: 'dumb' }],
  ['of a CI machine', { isTTY: true, columns: 80 }, { CI: 'true' }],
])('nothing is animated on a terminal %s', (_kind, stderr, environment) => {
  expect(written(stderr, environment)).toBe('Title\nStep\nlogged\nDone\n')
})
