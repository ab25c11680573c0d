import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Parser } from '@oclif/core'
import { expect, it } from 'vitest'
import { commandReference } from '../../scripts/docs/reference.js'

const ROOT = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')

const { oclif } = JSON.parse(read('package.json'))
const { commands } = JSON.parse(read('oclif.manifest.json'))

it('docs/commands is what the commands say (else: npm run docs)', () => {
  const pages = readdirSync(join(ROOT, 'docs/commands')).map((name) => [name, read(`docs/commands/${name}`)] as const)
  expect(Object.fromEntries(pages)).toEqual(Object.fromEntries(commandReference(commands, oclif)))
})

it('every command says what it is for and shows an example', () => {
  const visible = Object.entries<{ hidden?: boolean; summary?: string; description?: string; examples?: unknown[] }>(
    commands,
  )
  for (const [id, { hidden, summary, description, examples = [] }] of visible) {
    if (hidden) continue
    expect(summary ?? description, id).toMatch(/\w/)
    expect(examples.length, `${id}: examples`).toBeGreaterThan(0)
  }
})

it('every example of a command is made of flags, values and arguments that the commands take', async () => {
  const lines = Object.values<{ id: string; examples?: (string | { command: string })[] }>(commands).flatMap(
    ({ id, examples = [] }) =>
      examples.map((example) =>
        (typeof example === 'string' ? example : example.command)
          .replaceAll('<%= config.bin %>', oclif.bin)
          .replaceAll('<%= command.id %>', id.replaceAll(':', ' ')),
      ),
  )
  const wrong: string[] = []
  for (const line of lines) {
    for (const words of invocations(line)) {
      const parts = [3, 2, 1].find((count) => commands[words.slice(0, count).join(':')] !== undefined) ?? 0
      const command = commands[words.slice(0, parts).join(':')]
      if (command === undefined) continue
      const { args, flags, strict } = structuredClone(command)
      for (const item of [...Object.values<object>(args), ...Object.values<object>(flags)])
        Object.assign(item, { parse: async (value: unknown) => value })
      const options = { args, flags, strict, '--': true }
      await Parser.parse(words.slice(parts), options).catch((error: Error) => wrong.push(`${line}: ${error.message}`))
    }
  }
  expect(lines.length).toBeGreaterThan(50)
  expect(wrong).toEqual([])
})

/** The words behind each `cmux-pve` of an example, up to the end of that command. */
const invocations = (line: string): string[][] =>
  [...line.matchAll(new RegExp(`(?:^|[|;&(] *)${oclif.bin} ((?:"[^"]*"|'[^']*'|[^|;&<>#)\n"'])*)`, 'g'))].map(
    ([, rest = '']) =>
      [...rest.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
        ([, double, single, plain]) => double ?? single ?? plain ?? '',
      ),
  )

it('every command shows the flags that all of them take', () => {
  for (const [id, { flags }] of Object.entries<{ flags: object }>(commands)) {
    if (id === 'help' || id.startsWith('autocomplete')) continue
    expect(Object.keys(flags), id).toEqual(expect.arrayContaining(['json', 'env-file']))
  }
})

it('shows arguments, flags with their defaults, and examples of a command', () => {
  const command = {
    id: 'instance:clone',
    summary: 'Clone a <%= config.bin %> template.',
    args: { source: { name: 'source', required: true, description: 'VMID or name' } },
    flags: {
      full: { name: 'full', type: 'boolean', summary: 'Copy | everything' },
      timeout: { name: 'timeout', type: 'option', helpValue: '<duration>', default: '10m', summary: 'How long' },
      secret: { name: 'secret', type: 'boolean', hidden: true },
    },
    examples: ['<%= config.bin %> <%= command.id %> 9000'],
  }
  const topics = { instance: { description: 'Containers.' } }
  const pages = commandReference({ 'instance:clone': command as never }, { bin: 'cmux-pve', topics })
  const page = pages.get('instance.md') ?? ''
  expect(page).toContain('## cmux-pve instance clone\n\nClone a cmux-pve template.')
  expect(page).toContain('cmux-pve instance clone SOURCE [flags]')
  expect(page).toContain('| `--full` | Copy \\| everything |  |')
  expect(page).toContain('| `--timeout <duration>` | How long | `10m` |')
  expect(page).toContain('cmux-pve instance clone 9000\n')
  expect(page).not.toContain('secret')
  expect(pages.get('README.md')).toContain('(instance.md#cmux-pve-instance-clone)')
})
