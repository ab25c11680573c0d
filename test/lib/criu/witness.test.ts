import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Witness } from '../../../src/lib/criu/witness.js'
import type { Executor } from '../../../src/lib/executor/executor.js'

/**
 * A witness that does not count any more, in a container that is this machine, where no time passes: its file holds `state` while somebody
 * waits for it, and `later` after that.
 */
async function witnessOf(state: string, later = state): Promise<Witness> {
  const folder = await mkdtemp(join(tmpdir(), 'cmux-witness-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const write = (text: string) => writeFile(join(folder, 'state'), text)
  await write(state)
  let isStarted = false
  const shell: Executor = {
    target: 'here',
    async run(argv) {
      if (!isStarted) {
        isStarted = true
        return { exitCode: 0, stdout: `${folder}\n`, stderr: '' }
      }
      const [program = '', ...args] = argv.slice(argv.indexOf('--') + 1)
      const isScript = program === 'sh'
      const timeless = isScript ? args.map((arg, at) => (at === 1 ? `sleep() { :; }\n${arg}` : arg)) : args
      const result = await execa(program, timeless, { reject: false, stripFinalNewline: false })
      if (isScript) await write(later)
      return { exitCode: result.exitCode ?? -1, stdout: result.stdout, stderr: result.stderr }
    },
    close: async () => {},
  }
  return Witness.start(shell, 101, 'token')
}

describe('a witness', () => {
  it('has counted on when its number is a higher one', async () => {
    const witness = await witnessOf('token 12\n')
    expect(await witness.counts(11)).toEqual({ token: 'token', count: 12 })
    expect(await witness.counts(12)).toBeUndefined()
  })

  it('has not counted on when its file is empty, as it is whenever it begins to write', async () => {
    const witness = await witnessOf('', 'token 12\n')
    expect(await witness.counts(12)).toBeUndefined()
  })
})
