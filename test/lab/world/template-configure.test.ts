import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type CliOptions, cmux } from '../../support/cli.js'
import { inLab } from '../in-lab.js'
import { type LabNode, startLabNode } from '../node.js'

const RECIPE = `name: small
environment: {COLOUR: green}
steps:
  - {name: one, run: 'echo "$COLOUR" >> /root/one; id -u'}
  - name: wait
    run: |
      test ! -e /root/slow || { trap '' TERM; setsid sleep 1000 & echo begun; sleep 1000; }
      echo waited >> /root/wait
  - {name: last, run: 'cat /root/one /root/wait > /root/last', check: 'test -s /root/last'}
validate:
  - {name: all, run: 'cat /root/last'}
`

inLab('configuring a real container over a real sshd', () => {
  let node: LabNode
  let home: string

  beforeAll(async () => {
    node = await startLabNode()
    await node.createContainer(451, '10.0.2.51/24')
    home = await mkdtemp(join(tmpdir(), 'cmux-home-'))
    await writeFile(join(home, 'small.yaml'), RECIPE)
  })
  afterAll(async () => {
    await node.close()
    await rm(home, { recursive: true })
  })

  const run = (words: readonly string[], options: CliOptions = {}) =>
    cmux(words, { ...options, cwd: home, env: { ...node.environment, HOME: home } })
  const configure = (words: readonly string[], options?: CliOptions) =>
    run(['template', 'configure', '451', '--recipe', 'small.yaml', ...words], options)
  const inside = async (script: string) => (await run(['instance', 'exec', '451', '--', 'sh', '-c', script])).stdout
  /** What a step would leave behind: processes and files. */
  const remains = () => inside('ps -o args | grep "[s]leep 1000"; ls -A /tmp')

  it.each(['SIGINT', 'SIGKILL'] as const)('leaves no process and no file of a step behind after %s', async (name) => {
    await inside('touch /root/slow')
    const stopped = await configure([], { signal: { name, after: /\[2\/3\]/ } })
    expect(stopped.exitCode).toBe(name === 'SIGINT' ? 130 : null)
    await expect.poll(remains, { timeout: 20_000 }).toBe('')
    expect(await inside('cat /root/one; ls /root')).toBe('green\none\nslow\n')
  })

  it('goes on where it was interrupted, and is done', async () => {
    await inside('rm /root/slow')
    const resumed = await configure(['--validate', '--json'])
    expect(resumed).toMatchObject({ exitCode: 0, stderr: '' })
    expect(resumed.json()).toMatchObject({
      data: {
        steps: [{ result: 'skipped' }, { result: 'done' }, { result: 'done' }],
        validation: [{ name: 'all', ok: true, detail: 'waited' }],
      },
    })
  })

  it('changes nothing the second time', async () => {
    const content = () => inside('find /root /var /etc /tmp -type f | sort | xargs md5sum')
    const before = await content()
    expect((await configure(['--json'])).json()).toMatchObject({ ok: true, data: { changed: false } })
    expect(await content()).toBe(before)
    expect(await remains()).toBe('')
  })
})
