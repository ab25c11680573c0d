import { execFileSync, spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { GuestRuntime } from '../../../../../src/lib/simulator/guest/guest-runtime.js'
import { anyText } from '../../../../support/any-text.js'
import { container, run, sh } from '../support.js'
import { SCRIPTS } from './scripts.js'

let guests: GuestRuntime

beforeAll(async () => {
  guests = await container()
})

describe('the shell of a container', () => {
  it('hands single-quoted words over unchanged, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyText().map((word) => word.replaceAll('\0', ''))), async (words) => {
        const quoted = words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')
        const { stdout } = await sh(guests, `for w in ${quoted}; do printf '<%s>' "$w"; done`)
        expect(stdout).toBe(words.map((word) => `<${word}>`).join(''))
      }),
    )
  })

  it.each(SCRIPTS)('does as the real sh does: %s', async (script) => {
    const real = spawnSync('sh', ['-c', script, 'sh', 'one', 'two words', ''], {
      cwd: '/tmp',
      encoding: 'utf8',
      input: 'first line\nsecond line\n',
      env: { PATH: '/usr/bin:/bin', HOME: '/root' },
    })
    const ours = await run(guests, ['sh', '-c', script, 'sh', 'one', 'two words', ''], {
      stdin: 'first line\nsecond line\n',
      cwd: '/tmp',
    })
    expect({ stdout: ours.stdout, status: ours.status }).toEqual({ stdout: real.stdout, status: real.status })
  })

  it('finds the real shell it is compared with', () => {
    expect(execFileSync('sh', ['-c', 'echo yes'], { encoding: 'utf8' })).toBe('yes\n')
  })
})
