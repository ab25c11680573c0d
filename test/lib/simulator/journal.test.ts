import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Journal } from '../../../src/lib/simulator/journal.js'
import { Store } from '../../../src/lib/simulator/store.js'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cmux-journal-'))
  path = join(folder, 'state')
})
afterEach(() => rmSync(folder, { recursive: true }))

const contents = (store: Store) => [...store.changes()].map(({ table, key, value }) => [table, key, value])

function reloaded(): Store {
  const store = new Store()
  Journal.open(path, store).close()
  return store
}

describe('a state file', () => {
  test('brings back what was set and not what was deleted', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    store.table<object>('a').set('x', { text: 'line\nbreak' }).set('y', { n: 1 })
    store.table<number>('b').set('z', 3)
    store.table('a').delete('y')
    journal.close()
    expect(contents(reloaded())).toEqual([
      ['a', 'x', { text: 'line\nbreak' }],
      ['b', 'z', 3],
    ])
  })

  test('holds a change before the call that made it returns', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    store.table('a').set('x', 1)
    expect(readFileSync(path, 'utf8')).toContain('["a","x",1]\n')
    journal.close()
  })

  test('brings back lines, and those that were continued', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    const log = store.lines('log')
    log.append('x', 'waiting...')
    log.amend('x', ' OK')
    log.append('x', 'done')
    log.append('y', 'gone')
    log.delete('y')
    journal.close()
    expect([...reloaded().lines('log').entries()]).toEqual([['x', ['waiting... OK', 'done']]])
  })

  test('cut off at any byte is a state that was there', () => {
    const history = new Store()
    const journal = Journal.open(path, history)
    const states = [contents(history)]
    for (let step = 0; step < 20; step++) {
      const table = history.table<string>(step % 2 === 0 ? 'even' : 'odd')
      if (step % 5 === 4) table.delete(`k${step - 2}`)
      else table.set(`k${step}`, `ünïcode ${step}`)
      states.push(contents(history))
    }
    journal.close()
    const whole = readFileSync(path)
    const header = whole.indexOf('\n') + 1
    fc.assert(
      fc.property(fc.integer({ min: header, max: whole.length }), (length) => {
        writeFileSync(path, whole.subarray(0, length))
        expect(states).toContainEqual(contents(reloaded()))
      }),
    )
  })

  test('is written anew without its history when it is opened again', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    for (let step = 0; step < 100; step++) store.table('a').set('x', step)
    journal.close()
    reloaded()
    expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(2)
  })

  test('does not grow for ever', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    for (let step = 0; step < 50_000; step++) store.table('a').set('x', step)
    journal.close()
    expect(readFileSync(path, 'utf8').split('\n').length).toBeLessThan(25_000)
    expect(contents(reloaded())).toEqual([['a', 'x', 49_999]])
  })

  test('that is another file is refused and left alone', () => {
    writeFileSync(path, 'precious\n')
    expect(() => Journal.open(path, new Store())).toThrow(/is not a state file/)
    expect(readFileSync(path, 'utf8')).toBe('precious\n')
  })

  test('with a damaged line in the middle is refused with its number', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    store.table('a').set('x', 1)
    journal.close()
    writeFileSync(path, `${readFileSync(path, 'utf8')}{"what":1}\n["a","y",2]\n`)
    expect(() => Journal.open(path, new Store())).toThrow(/line 3/)
  })
})

describe('losing the last writes', () => {
  test('takes back the newest ones of tables that can lose them, and no others', () => {
    const store = new Store()
    const losable = store.table<number>('containers', { losable: true })
    losable.set('x', 1).set('x', 2).set('y', 1)
    store.table('tasks').set('t', 1)
    losable.delete('x')
    expect(store.undo(3)).toBe(3)
    expect(contents(store)).toEqual([
      ['containers', 'x', 1],
      ['tasks', 't', 1],
    ])
    expect(store.undo(5)).toBe(1)
    expect(losable.size).toBe(0)
  })

  test('is itself written to the state file', () => {
    const store = new Store()
    const journal = Journal.open(path, store)
    store.table<number>('containers', { losable: true }).set('x', 1).set('x', 2)
    store.undo(1)
    journal.close()
    expect(contents(reloaded())).toEqual([['containers', 'x', 1]])
  })
})
