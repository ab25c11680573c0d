import { expect, test } from 'vitest'
import { commandFirst } from '../../../src/lib/ui/command-first.js'

test.each([
  ['--json instance list', 'instance list --json'],
  ['--json --env-file x.env instance list web --watch', 'instance list web --json --env-file x.env --watch'],
  ['--env-file=x.env instance exec web -- ls --json', 'instance exec web --env-file=x.env -- ls --json'],
  ['instance list --json', 'instance list --json'],
  ['--json', '--json'],
  ['--env-file', '--env-file'],
  ['--json --help', '--json --help'],
  ['--bogus instance list', '--bogus instance list'],
])('%s is read as %s', (given, read) => {
  expect(commandFirst(given.split(' '))).toEqual(read.split(' '))
})
