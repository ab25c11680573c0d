import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadRecipe } from '../../../../src/lib/template/recipe/load.js'
import { interpreterOf } from '../../../../src/lib/template/recipe/recipe.js'

const recipe = await loadRecipe('cmux', join(import.meta.dirname, '../../../../recipes'))

const SCRIPTS = [
  ...recipe.steps.map(({ name, script }) => ({ what: `step ${name}`, script })),
  ...recipe.steps.flatMap(({ name, check }) =>
    check === undefined ? [] : [{ what: `check of ${name}`, script: check }],
  ),
  ...recipe.validations.map(({ name, script }) => ({ what: `validation ${name}`, script })),
  { what: 'network', script: recipe.network ?? '' },
]

test('the built-in recipe installs what a sandbox needs, in order', () => {
  expect(recipe.builtin).toBe(true)
  expect(recipe.steps.map(({ name }) => name)).toEqual([
    ...['base-packages', 'docker', 'nodejs', 'bun', 'uv', 'display', 'criu', 'directories', 'services'],
  ])
  expect(recipe.steps.filter(({ optional }) => optional).map(({ name }) => name)).toEqual(['criu'])
  expect(recipe.steps.every(({ check }) => check !== undefined)).toBe(true)
})

test('its scripts run in a plain shell that ends at the first error, at an unset variable, and asks nothing', () => {
  for (const { script } of SCRIPTS) {
    expect(interpreterOf(script)).toEqual(['/bin/sh'])
    expect(script.split('\n')[1]).toBe('set -eu')
  }
  expect(recipe.environment['DEBIAN_FRONTEND']).toBe('noninteractive')
})

describe.skipIf(!hasShellcheck())('with shellcheck installed', () => {
  test.each(SCRIPTS)('$what passes shellcheck', ({ script }) => {
    expect(shellcheck(script)).toBe('')
  })
})

test('apt trusts a repository for its own packages only', () => {
  const scripts = recipe.steps.map(({ script }) => script).join('\n')
  expect(scripts).toContain('Signed-By: /etc/apt/keyrings/')
  expect(scripts).not.toMatch(/apt-key|trusted=yes|--allow-unauthenticated|curl[^\n]*\|\s*(?:ba)?sh/)
})

function hasShellcheck(): boolean {
  return spawnSync('shellcheck', ['--version']).status === 0
}

function shellcheck(input: string): string {
  try {
    return execFileSync('shellcheck', ['-s', 'sh', '-'], { input, encoding: 'utf8' })
  } catch (error) {
    return error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)
  }
}
