import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { addTemplate } from '../src/lib/simulator/premade.js'
import { startTestSimulator } from './support/simulator.js'
import { STORAGE } from './support/test-bench.js'

const ROOT = join(import.meta.dirname, '..')
const OS_TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

interface Command {
  readonly line: string
  readonly output: string
}

/** The commands of the block behind the mark, each with what is printed below it. */
function quickStart(): readonly Command[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, block = ''] = /<!-- test\/readme\.test\.ts runs this -->\n```\n(.*?)```/s.exec(readme) ?? []
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => ({ line: text.slice(0, text.indexOf('\n')), output: text.slice(text.indexOf('\n') + 1).trim() }))
}

/** What differs from run to run, made the same. */
const neutral = (text: string, home: string): string =>
  text
    .trim()
    .replaceAll(home, '~')
    .replace(/\d+(?:\.\d+)? m?s\b/g, '<time>')
    .replace(/configure-9100-\S+\.log/, 'configure-9100.log')

test('the quick start of the README works as printed, from a script', async () => {
  const simulator = await startTestSimulator({ timeScale: 5 })
  const folder = mkdtempSync(join(tmpdir(), 'cmux-readme-'))
  onTestFinished(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await addTemplate(simulator.cluster, simulator.router, { osTemplate: OS_TEMPLATE, storage: STORAGE })
  symlinkSync(join(ROOT, 'bin/run.js'), join(folder, 'cmux-pve'))
  const env = {
    ...simulator.environmentVariables,
    HOME: folder,
    PATH: [folder, process.env['PATH']].join(delimiter),
  }

  const commands = quickStart()
  expect(commands.map(({ line }) => line.split(' ')[2])).toEqual([
    'create',
    'configure',
    'convert',
    'clone',
    'start',
    'exec',
  ])
  for (const { line, output } of commands) {
    const printed = await new Promise<string>((resolve) => {
      execFile('sh', ['-c', `${line} 2>&1`], { cwd: folder, env }, (error, stdout) => {
        resolve(error === null ? stdout : `${stdout}(exit code ${error.code})`)
      })
    })
    expect(neutral(printed, folder), line).toBe(neutral(output, homedir()))
  }
}, 60_000)
