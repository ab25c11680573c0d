import { expect, it } from 'vitest'
import { nearest } from '../../src/lib/nearest.js'

const COMMANDS = [
  'instance clone',
  'instance delete',
  'instance list',
  'instance start',
  'template clone-all',
  'template list',
  'demo',
]

it.each([
  ['instance lsit', ['instance list']],
  ['instnace clone', ['instance clone']],
  ['clone', ['instance clone']],
  ['demmo', ['demo']],
  ['list', ['template list', 'instance list']],
  ['inst', ['instance list', 'instance clone', 'instance start']],
])('for %s offers the commands that come close, nearest first', (typed, expected) => {
  expect([...nearest(typed, COMMANDS)].sort()).toEqual([...expected].sort())
})

it('offers nothing when nothing comes close', () => {
  expect(nearest('frobnicate everything', COMMANDS)).toEqual([])
})
