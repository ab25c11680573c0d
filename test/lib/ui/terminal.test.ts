import { expect, it } from 'vitest'
import { painter } from '../../../src/lib/ui/terminal.js'

const isColoured = (isTTY: boolean, environment: Record<string, string>) =>
  painter({ isTTY }, environment)('red', 'x') !== 'x'

it('paints on a terminal only', () => {
  expect(isColoured(true, {})).toBe(true)
  expect(isColoured(false, {})).toBe(false)
  expect(isColoured(true, { TERM: 'dumb' })).toBe(false)
})

it('honours NO_COLOR before everything, and FORCE_COLOR', () => {
  expect(isColoured(true, { NO_COLOR: '1' })).toBe(false)
  expect(isColoured(false, { FORCE_COLOR: '1' })).toBe(true)
  expect(isColoured(true, { FORCE_COLOR: '0' })).toBe(false)
  expect(isColoured(true, { FORCE_COLOR: '1', NO_COLOR: '1' })).toBe(false)
  expect(isColoured(true, { NO_COLOR: '' })).toBe(true)
})
