import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isDone, selectSteps } from '../../../../src/lib/template/recipe/plan.js'
import { interpreterOf, type Recipe, type RecipeStep, stepHash } from '../../../../src/lib/template/recipe/recipe.js'

const step = (name: string, script = name): RecipeStep => ({
  ...{ name, title: name, script },
  ...{ timeout: 1000, retries: 0, optional: false },
})

const recipe = (names: readonly string[]): Recipe => ({
  ...{ name: 'mine', file: 'mine.yaml', builtin: false, environment: {}, validations: [] },
  steps: names.map((name) => step(name)),
})

const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/), { minLength: 1 })
const chosen = names.chain((list) => fc.tuple(fc.constant(list), fc.constantFrom(...list)))

test('without a choice all steps are wanted, in order', () => {
  fc.assert(
    fc.property(names, (list) => {
      expect(selectSteps(recipe(list), {}).map(({ name }) => name)).toEqual(list)
    }),
  )
})

test('`from` wants a step and all behind it, `only` that one alone', () => {
  fc.assert(
    fc.property(chosen, ([list, name]) => {
      expect(selectSteps(recipe(list), { from: name }).map((one) => one.name)).toEqual(list.slice(list.indexOf(name)))
      expect(selectSteps(recipe(list), { only: name }).map((one) => one.name)).toEqual([name])
    }),
  )
})

test.each(['from', 'only'])('a step that the recipe does not have is a mistake in the command line: --%s', (flag) => {
  expect(() => selectSteps(recipe(['docker', 'bun']), { [flag]: 'dokcer' })).toThrow(
    expect.objectContaining({ code: 'usage', hint: "Did you mean 'docker'? Its steps are: docker, bun." }),
  )
})

test('a check has the last word on whether a step is done', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.option(fc.string(), { nil: undefined }), fc.boolean(), (check, other, same) => {
      const one = step('one')
      expect(isDone(one, { check, recorded: same ? stepHash(one) : other })).toBe(check)
    }),
  )
})

test('without a check a step is done when its very script went well before', () => {
  const one = step('one', 'echo 1')
  expect(isDone(one, {})).toBe(false)
  expect(isDone(one, { recorded: stepHash(one) })).toBe(true)
  expect(isDone(one, { recorded: stepHash(step('one', 'echo 2')) })).toBe(false)
})

test.each([
  ['echo hi', ['sh', '-eu']],
  ['#!/bin/sh\necho', ['/bin/sh']],
  ['#!/usr/bin/env bash\n', ['/usr/bin/env', 'bash']],
  ['#! /usr/bin/python3 -u -B\n', ['/usr/bin/python3', '-u -B']],
])('%j is run by %j', (script, interpreter) => {
  expect(interpreterOf(script)).toEqual(interpreter)
})
