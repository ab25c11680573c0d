import { describe, expect, test } from 'vitest'
import { Faults } from '../../../src/lib/simulator/faults.js'

describe('a fault script', () => {
  test('strikes at the nth match, as often as it says', () => {
    const faults = Faults.parse([{ on: 'POST /nodes/*/lxc/9000/clone', nth: 3, times: 2, do: 'fail', message: 'no' }])
    const deeds = Array.from({ length: 6 }, () => faults.at('POST /nodes/pve1/lxc/9000/clone')?.do)
    expect(deeds).toEqual([undefined, undefined, 'fail', 'fail', undefined, undefined])
  })

  test('strikes always when told to', () => {
    const faults = Faults.parse([{ on: 'task:vzstart', times: 'always', do: 'kill-worker' }])
    expect(faults.at('task:vzstart')?.do).toBe('kill-worker')
    expect(faults.at('task:vzstart')?.do).toBe('kill-worker')
    expect(faults.at('task:vzstop')).toBeUndefined()
  })

  test('looks at attributes, and counts only what has them', () => {
    const faults = Faults.parse([{ on: 'step:vzclone.copy', where: { vmid: 101 }, nth: 2, do: 'fail' }])
    expect(faults.at('step:vzclone.copy', { vmid: 101 })).toBeUndefined()
    expect(faults.at('step:vzclone.copy', { vmid: 102 })).toBeUndefined()
    expect(faults.at('step:vzclone.copy', { vmid: 101 })?.do).toBe('fail')
  })

  test('a star stands for one part of a path, and for any text elsewhere', () => {
    const faults = Faults.parse([
      { on: 'GET /nodes/*/lxc', times: 'always', do: 'delay', ms: 1 },
      { on: 'exec:apt-get*', times: 'always', do: 'exit', code: 100 },
    ])
    expect(faults.at('GET /nodes/pve1/lxc')?.do).toBe('delay')
    expect(faults.at('GET /nodes/pve1/qemu/1/lxc')).toBeUndefined()
    expect(faults.at('exec:apt-get install -y /tmp/x.deb')?.code).toBe(100)
    expect(faults.at('exec:sudo apt-get')).toBeUndefined()
  })

  test('tells what it did, and which rules never did anything', () => {
    const faults = Faults.parse([
      { on: 'task:vzclone', do: 'fail' },
      { on: 'task:nonsense', do: 'fail' },
    ])
    faults.at('task:vzclone', { vmid: 1 })
    expect(faults.applied).toEqual([{ rule: 0, do: 'fail', point: 'task:vzclone', attributes: { vmid: 1 } }])
    expect(faults.unused.map(({ on }) => on)).toEqual(['task:nonsense'])
  })

  test('that is wrong is refused with the rule and the field', () => {
    expect(() =>
      Faults.parse([
        { on: 'x', do: 'fail' },
        { on: 'y', do: 'explode' },
      ]),
    ).toThrow(/rule 2, do: /)
    expect(() => Faults.parse([{ on: 'x', do: 'fail', often: 1 }])).toThrow(/rule 1: .*often/)
    expect(() => Faults.parse({})).toThrow(/fault script: /)
  })
})
