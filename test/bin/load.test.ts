import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, onTestFinished } from 'vitest'

const BIN = join(import.meta.dirname, '../../bin')
const hash = (digit: string) => `/*${digit.repeat(64)}*/`

let folder: string

/** An installation whose bundle says `word`; the length of its source does not depend on it. */
const write = (word: string, identity: string) =>
  writeFileSync(
    join(folder, 'dist/cli/main.cjs'),
    `${identity}\nexports.part = () => ({ main: () => console.log('${word}') })\n`,
  )

const run = () => execFileSync(process.execPath, [join(folder, 'bin/run.js'), 'x'], { encoding: 'utf8' }).trim()

/** Keeps the code cache of the bundle, as the build does. */
const cache = () => {
  const script = `
    const { createCodeCaches, load } = require(${JSON.stringify(join(folder, 'bin/load.js'))})
    load('main').part().main()
    for (const { file, content } of createCodeCaches()) require('node:fs').writeFileSync(file, content)`
  execFileSync(process.execPath, ['-e', script])
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'load-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'dist/cli'), { recursive: true })
  cpSync(BIN, join(folder, 'bin'), { recursive: true })
  write('old', hash('a'))
})

it('runs with a code cache, without one, and with one that is damaged', () => {
  expect(run()).toBe('old')
  cache()
  expect(run()).toBe('old')
  const file = join(folder, 'dist/cli/main.cjs.cache')
  const content = readFileSync(file)
  for (const damaged of [
    content.subarray(0, 100),
    content.subarray(0, 10),
    Buffer.alloc(0),
    Buffer.alloc(500, content),
  ]) {
    writeFileSync(file, damaged)
    expect(run()).toBe('old')
  }
})

it('never runs the code cache of another bundle of the same length', () => {
  cache()
  write('new', hash('b'))
  expect(run()).toBe('new')
})

it('says how to build a bundle that is missing, without a stack', () => {
  rmSync(join(folder, 'dist'), { recursive: true })
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'bin/run.js'), 'x'], { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toMatch(/^cmux-pve is not built: .*Run `npm run build`\.\n$/)
})

it('leaves --env-file to the tool when it is started as a command', () => {
  writeFileSync(join(folder, 'package.json'), '{"name":"cmux-pve","version":"1.2.3"}')
  const { stdout, stderr } = spawnSync(
    join(folder, 'bin/run.js'),
    ['--version', '--env-file', join(folder, 'not-there')],
    {
      encoding: 'utf8',
    },
  )
  expect({ stdout: stdout.slice(0, 14), stderr }).toEqual({ stdout: 'cmux-pve/1.2.3', stderr: '' })
})
