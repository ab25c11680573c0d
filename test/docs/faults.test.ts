import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Faults } from '../../src/lib/simulator/faults.js'

const page = readFileSync(join(import.meta.dirname, '../../docs/contributing.md'), 'utf8')
const [, section = ''] = /\n### Fault scripts\n([\s\S]*?)\n## /.exec(page) ?? []

/** The first column of the table with that heading. */
const column = (heading: string): readonly string[] => {
  const [, rows = ''] = new RegExp(`\\n\\| ${heading} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`).exec(section) ?? []
  return [...rows.matchAll(/^\| `([^`]+)`/gm)].map(([, name = '']) => name)
}

/** What the code says of a rule. */
const complaint = (rule: object): string => {
  try {
    Faults.parse([rule])
    return ''
  } catch (error) {
    return String(error)
  }
}

test('the kinds of faults on the page are those that a script may name', () => {
  const known = [...complaint({ on: 'task:x', do: '?' }).matchAll(/"([\w-]+)"/g)].map(([, kind = '']) => kind)
  expect(known).toContain('drop-answer')
  expect([...column('`do`')].sort()).toEqual(known.sort())
})

test('the fields on the page are those that a rule may have', () => {
  const values = { on: 'x', where: { vmid: 1, node: 'a', storage: 'b' }, nth: 1, times: 1, do: 'fail' }
  const rule = { ...values, message: 'x', status: 500, ms: 1, writes: 1, code: 1 }
  expect(complaint(rule)).toBe('')
  expect([...column('field')].sort()).toEqual(Object.keys(rule).sort())
  expect(complaint({ ...rule, more: 1 })).toContain('more')
})

test('the script on the page is one, and its patterns meet what they seem to', () => {
  const [, script = ''] = /```json\n([\s\S]*?)```/.exec(section) ?? []
  const faults = Faults.parse(JSON.parse(script))
  expect(faults.at('POST /nodes/pve1/lxc/101/status/start', { vmid: 101 })?.do).toBe('drop-answer')
  expect(faults.at('exec:apt-get install -y /x')?.code).toBe(100)
  expect(column('point').map((point) => Faults.parse([{ on: point, do: 'fail' }]).at(point)?.do)).toEqual(
    column('point').map(() => 'fail'),
  )
})
