import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { quoteArgv } from '../../../src/lib/executor/quoting.js'
import { anyText } from '../../support/any-text.js'

const word = fc.oneof(
  anyText(),
  fc.string({
    unit: fc.constantFrom(
      "'",
      '"',
      '\\',
      '$',
      '`',
      '!',
      '*',
      '~',
      '\n',
      ' ',
      ';',
      '&',
      '|',
      '<',
      '>',
      '(',
      '#',
      '=',
      'a',
    ),
  }),
)
const argv = fc.array(
  word.map((text) => Buffer.from(text.replaceAll('\0', '')).toString()),
  { minLength: 1, maxLength: 6 },
)

test('a real sh gives back the words that were quoted, whatever they hold', () => {
  fc.assert(
    fc.property(argv, (words) => {
      const { stdout } = spawnSync('sh', ['-c', `printf '%s\\0' ${quoteArgv(words)}`], { encoding: 'utf8' })
      expect(stdout.split('\0').slice(0, -1)).toEqual(words)
    }),
    { numRuns: 150 },
  )
})

test('words that no shell changes stay readable', () => {
  expect(quoteArgv(['pct', 'exec', '101', '--', 'ls', '-la', '/root', ''])).toBe("pct exec 101 -- ls -la /root ''")
})

test('a NUL is refused, because no command could receive it', () => {
  expect(() => quoteArgv(['echo', 'a\0b'])).toThrow(expect.objectContaining({ code: 'invalid' }))
})
