import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { cmux } from '../support/cli.js'

test.each([
  ['instance exec', 'INSTANCE [FLAGS] -- COMMAND...'],
  ['criu delete', 'INSTANCE [CHECKPOINT...] ['],
  ['instance start', 'INSTANCE... ['],
  ['pool allocate', '[TEMPLATE] [FLAGS] [-- COMMAND...]'],
])('the help of %s shows its arguments as they are given', async (command, shown) => {
  const { stdout } = await cmux([...command.split(' '), '--help'])
  expect(stdout).toContain(`USAGE\n  $ cmux-pve ${command} ${shown}`)
})

test('the help of instance resize shows that a disk grows without --volume', async () => {
  const { stdout } = await cmux(['instance', 'resize', '--help'])
  expect(stdout).toMatch(/\[--disk\s+<size>\]/)
})

interface Shown {
  readonly strict?: boolean
  readonly usage?: string
  readonly flags: Readonly<Record<string, { readonly dependsOn?: unknown }>>
}

test('no usage line is made up of arguments that only seem to repeat, or of flags that only seem to belong together', () => {
  const manifest = readFileSync(join(import.meta.dirname, '../../oclif.manifest.json'), 'utf8')
  const commands: Readonly<Record<string, Shown>> = JSON.parse(manifest).commands
  const misleading = Object.entries(commands).filter(
    ([, { strict, usage, flags }]) =>
      usage === undefined &&
      (strict === false || Object.values(flags).some(({ dependsOn }) => dependsOn !== undefined)),
  )
  expect(misleading.map(([id]) => id)).toEqual([])
})
