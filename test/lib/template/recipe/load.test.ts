import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadRecipe } from '../../../../src/lib/template/recipe/load.js'

/** Reads a recipe of this text, with these files beside it. */
async function load(yaml: string, files: Readonly<Record<string, string>> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'cmux-recipe-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'mine.yaml')
  writeFileSync(file, yaml)
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return loadRecipe(file, folder)
}

/** What is wrong with a recipe, one line for each mistake. */
async function problems(yaml: string): Promise<readonly string[]> {
  const error: unknown = await load(yaml).then(
    () => new Error('the recipe was accepted'),
    (reason: unknown) => reason,
  )
  expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining('mine.yaml') })
  return (error as { data: { problems: readonly string[] } }).data.problems
}

test('a step has a script of its own or in a file, and what was not said is as expected', async () => {
  const recipe = await load('name: mine\nsteps:\n  - {name: one, run: echo 1}\n  - {name: two, script: two.sh}\n', {
    'two.sh': 'echo 2\n',
  })
  const defaults = { timeout: 600_000, retries: 0, optional: false }
  expect(recipe.steps).toEqual([
    { name: 'one', title: 'one', script: 'echo 1', ...defaults },
    { name: 'two', title: 'two', script: 'echo 2\n', ...defaults },
  ])
  expect(recipe).toMatchObject({ name: 'mine', builtin: false, environment: {}, validations: [] })
})

test('the prelude is in front of every script: steps, checks, the network and the validation', async () => {
  const recipe = await load(
    'name: mine\nprelude: p.sh\nnetwork: net\nsteps:\n  - {name: one, run: body, check: probe}\nvalidate:\n  - {name: it, run: look}\n',
    { 'p.sh': '#!/bin/sh' },
  )
  expect(recipe.network).toBe('#!/bin/sh\nnet')
  expect(recipe.steps[0]).toMatchObject({ script: '#!/bin/sh\nbody', check: '#!/bin/sh\nprobe' })
  expect(recipe.validations[0]?.script).toBe('#!/bin/sh\nlook')
})

test('durations, retries and the environment are read as they are written', async () => {
  const recipe = await load(
    'name: mine\nenvironment: {LC_ALL: C}\nsteps:\n  - {name: one, run: x, timeout: 90s, retries: 2, optional: true}\n',
  )
  expect(recipe.environment).toEqual({ LC_ALL: 'C' })
  expect(recipe.steps[0]).toMatchObject({ timeout: 90_000, retries: 2, optional: true })
})

test('every mistake is named with its line, its step and its field', async () => {
  expect(
    await problems(`name: mine
environment:
  PORT: 80
steps:
  - name: one
    run: x
    timeout: soon
  - run: x
  - name: Three
    script: a
    run: b
    retires: 2
`),
  ).toEqual([
    'line 3: environment.PORT: It is a text: put it into quotes',
    "line 7: step 'one', timeout: Write it like 90s, 5m, 1h or 500ms",
    'line 8: step 2, name: It is missing',
    "line 9: step 'Three', name: Small letters, digits and hyphens",
    "line 12: step 'Three', retires: There is no such field",
    "line 9: step 'Three': Either `run` (a script) or `script` (the name of a file that holds one)",
  ])
})

test.each([
  ['steps:\n  - {name: a, run: x}\n', ['line 1: name: It is missing']],
  ['name: mine\n', ['line 1: steps: It is missing']],
  ['name: mine\nsteps: []\n', ['line 2: steps: At least one step']],
  ['name: mine\nsteps: all\n', ['line 2: steps: A list of steps']],
  [
    'name: mine\nsteps:\n  - {name: a, run: x}\n  - {name: a, run: y}\n',
    ["line 4: step 'a', name: 'a' is there twice"],
  ],
  [
    'name: mine\nsteps:\n  - {name: a}\n',
    ["line 3: step 'a': Either `run` (a script) or `script` (the name of a file that holds one)"],
  ],
  ['name: mine\nsteps:\n  - just words\n', ['line 3: step 1: It is a mapping of fields']],
  [
    'name: mine\nsteps:\n  - {name: a, run: x}\nvalidate:\n  - {name: a, run: x, timeout: 1s}\n',
    ["line 5: check 'a', timeout: There is no such field"],
  ],
  ['name: mine\nname: yours\n', [expect.stringMatching(/^line 2: Map keys must be unique/)]],
  ['name: [mine\n', [expect.stringMatching(/^line \d: /)]],
  ['', ['It is a mapping of fields']],
])('%j is refused', async (yaml, expected) => {
  expect(await problems(yaml)).toEqual(expected)
})

test('a script file that cannot be read is a mistake of its step', async () => {
  const [problem] = await problems('name: mine\nsteps:\n  - {name: a, script: nowhere.sh}\n')
  expect(problem).toMatch(/^step 'a', script: ENOENT.*nowhere\.sh/)
})

test('a recipe that is not there says how to name one', async () => {
  await expect(loadRecipe('./nowhere.yaml', '/')).rejects.toMatchObject({
    code: 'not-found',
    message: expect.stringContaining('./nowhere.yaml'),
    hint: expect.stringContaining('./recipe.yaml'),
  })
})
