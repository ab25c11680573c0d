import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../src/lib/clock.js'
import { PoolClient } from '../src/lib/pool/client.js'
import { addTemplate } from '../src/lib/simulator/premade.js'
import { startTestSimulator, type TestSimulator, type TestSimulatorOptions } from './support/simulator.js'
import { STORAGE } from './support/test-bench.js'

const ROOT = join(import.meta.dirname, '..')
const OS_TEMPLATE = 'local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst'

interface Command {
  readonly line: string
  readonly output: string
}

/** The commands of the block behind a mark, each with what is printed below it. */
function commandsBehind(mark: string): readonly Command[] {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
  const [, block = ''] = readme.split(`<!-- ${mark} -->\n\`\`\`\n`)
  return block
    .slice(0, block.indexOf('```'))
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
    // Said only while there is something to wait for.
    .replace(/^Wait for container \d+ .*: it is \w+\n/gm, '')

test('the quick start of the README works as printed, from a script', async () => {
  const { folder, env } = await newcomer({ timeScale: 5 })

  const commands = commandsBehind('test/readme.test.ts runs this')
  expect(commands.map(({ line }) => line.split(' ')[2])).toEqual([
    'create',
    'configure',
    'convert',
    'clone',
    'start',
    'exec',
  ])
  for (const { line, output } of commands) {
    expect(neutral(await shell(line, folder, env), folder), line).toBe(neutral(output, homedir()))
  }
}, 60_000)

/** Somebody with an empty home, the tool in the PATH and a simulated node that has template 9000. */
async function newcomer(
  options: TestSimulatorOptions,
): Promise<{ readonly folder: string; readonly env: NodeJS.ProcessEnv; readonly simulator: TestSimulator }> {
  const simulator = await startTestSimulator(options)
  const folder = mkdtempSync(join(tmpdir(), 'cmux-readme-'))
  onTestFinished(async () => {
    await simulator.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await addTemplate(simulator.cluster, simulator.router, { osTemplate: OS_TEMPLATE, storage: STORAGE })
  symlinkSync(join(ROOT, 'bin/run.js'), join(folder, 'cmux-pve'))
  const PATH = [folder, process.env['PATH']].join(delimiter)
  return { folder, simulator, env: { ...simulator.environmentVariables, HOME: folder, PATH } }
}

/** What it prints, to both streams. */
const shell = (line: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> =>
  new Promise((resolve) => {
    execFile('sh', ['-c', `${line} 2>&1`], { cwd, env }, (error, stdout) => {
      resolve(error === null ? stdout : `${stdout}(exit code ${error.code})`)
    })
  })

test('the pool of the README works as printed', async () => {
  const { folder, env: bare } = await newcomer({ timeScale: 1, latency: 'instant' })
  const env = { ...bare, POOL_TEMPLATES: '9000:5' }

  const daemon = spawn(process.execPath, ['--', join(ROOT, 'bin/run.js'), 'pool', 'serve', '--port', '0'], { env })
  const ended = once(daemon, 'close')
  onTestFinished(async () => {
    daemon.kill('SIGTERM')
    await ended
  })
  daemon.stderr.resume()
  const [announced] = await once(daemon.stdout, 'data')
  const [, url = ''] = /^Listening on (\S+)$/m.exec(String(announced)) ?? []
  const client = new PoolClient({ url })
  onTestFinished(() => client.close())
  while ((await client.status()).templates[0]?.ready !== 5) await systemClock.sleep(50)

  const commands = commandsBehind('test/readme.test.ts runs this, too')
  expect(commands.map(({ line }) => line.split(' ').slice(1, 3).join(' '))).toEqual([
    'pool allocate',
    'instance exec',
    'pool list',
    'pool release',
  ])
  const alike = (text: string) =>
    neutral(text, folder)
      .replace(/\b2\d\d\b/g, '<vmid>')
      .replace(/ +/g, ' ')
  for (const { line, output } of commands) {
    expect(alike(await shell(line, folder, { ...env, PVE_POOL_URL: url })), line).toBe(alike(output))
  }
}, 60_000)

test('what the README says of sleep with memory works as printed, the container that it makes for that included', async () => {
  const alpine = { volid: 'local:vztmpl/alpine-3.20-default_20240908_amd64.tar.xz', size: 3_000_000 }
  const { folder, env } = await newcomer({
    timeScale: 20,
    osTemplates: [alpine, { volid: OS_TEMPLATE, size: 3_000_000 }],
  })
  await shell(
    'cmux-pve instance clone 9000 --vmid 100 --hostname web --start && cmux-pve instance wait web --for ip',
    folder,
    env,
  )
  const [, create = ''] =
    /\n {4}(cmux-pve template create \S+ --vmid 110 .*)\n/.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? []
  expect(await shell(create, folder, env)).toContain('110')

  const commands = commandsBehind('test/readme.test.ts puts these to sleep')
  expect(commands.map(({ line }) => line.split(' ').slice(1, 3).join(' '))).toEqual([
    'criu checkpoint',
    'criu status',
    'criu checkpoint',
    'criu list',
    'instance start',
    'criu restore',
  ])
  const alike = (text: string) =>
    neutral(text, folder)
      .replaceAll(/\b\d{8}-\d{6}\b/g, '<checkpoint>')
      .replaceAll(/\b\d+ [KG]iB\b/g, '<size>')
      // One of the template with the recipe has more of it than one of the plain template.
      .replace(/\(and \d more\)/, '(and more)')
      .replace(/\n?\(exit code \d+\)$/, '')
      .replaceAll(/ +/g, ' ')
  for (const { line, output } of commands) {
    expect(alike(await shell(line, folder, env)), line).toBe(alike(output))
  }
}, 60_000)
