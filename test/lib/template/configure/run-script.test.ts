import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, type TestContext, test } from 'vitest'
import { systemClock } from '../../../../src/lib/clock.js'
import type { ContainerShell } from '../../../../src/lib/executor/container-shell.js'
import type { RunOptions } from '../../../../src/lib/executor/executor.js'
import { runScript, type ScriptOptions } from '../../../../src/lib/template/configure/run-script.js'
import { SCRIPT_GUARD, SCRIPT_RUNNER } from '../../../../src/lib/template/configure/script-runner.js'
import { machineShell } from '../../../support/machine-shell.js'

/** Runs a script with a real sh on this machine, and collects what it writes. */
async function run(script: string, options: Partial<ScriptOptions> & { readonly shell?: ContainerShell } = {}) {
  let output = ''
  const status = await runScript(options.shell ?? machineShell(), script, {
    name: 'step',
    environment: {},
    timeout: 60_000,
    clock: systemClock,
    ...options,
    onOutput(chunk) {
      output += chunk.toString('utf8')
      options.onOutput?.(chunk)
    },
  })
  return { status, output }
}

function folder({ onTestFinished }: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'cmux-script-'))
  onTestFinished(() => rmSync(path, { recursive: true }))
  return path
}

/** Processes that carry the mark of a step of this name. */
function processesOf(name: string): readonly string[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`CMUX_PVE_STEP=${name}.`)
      } catch {
        return false
      }
    })
}

/** A script that leaves the session, does not listen to SIGTERM, has children, and says when it is ready. */
const STUBBORN = `
trap '' TERM
echo "$0" > "$FOLDER/file"
setsid sh -c 'trap "" TERM; sleep 300 & sleep 300' &
(sleep 300) &
echo ready
wait
`

test('a script gets its environment, no input, and a file that only root can read; output and errors come together', async () => {
  const { status, output } = await run('stat -c %a "$0"; echo "$GREETING $HOME"; echo oops >&2; cat; exit 7', {
    environment: { GREETING: 'hi there' },
  })
  expect({ status, output }).toEqual({ status: 7, output: '600\nhi there /root\noops\n' })
})

test('the first line of a script names its interpreter; without one it is a shell that ends at the first error', async () => {
  expect(await run('#!/usr/bin/env bash\ntest -n "$BASH_VERSION" && echo bash')).toEqual({
    status: 0,
    output: 'bash\n',
  })
  expect(await run('false\necho not reached')).toEqual({ status: 1, output: '' })
})

test.each([0, 3])('the file is gone after status %d', async (status) => {
  const { output } = await run(`echo "$0"; exit ${status}`)
  expect(output).toMatch(/^\/tmp\/\.cmux-pve-[0-9a-f]{24}\n$/)
  expect(existsSync(output.trim())).toBe(false)
})

test.concurrent('aborting ends everything that the script has started, whatever it does against it, and removes the file', async (context) => {
  const FOLDER = folder(context)
  const controller = new AbortController()
  const onOutput = () => controller.abort(new Error('enough'))
  await expect(
    run(STUBBORN, { name: 'stubborn', environment: { FOLDER }, signal: controller.signal, onOutput }),
  ).rejects.toThrow('enough')
  await context.expect.poll(() => processesOf('stubborn')).toEqual([])
  expect(existsSync(readFileSync(join(FOLDER, 'file'), 'utf8').trim())).toBe(false)
})

test.concurrent('so does the end of its time', async (context) => {
  const FOLDER = folder(context)
  await expect(run(STUBBORN, { name: 'slow', environment: { FOLDER }, timeout: 500 })).rejects.toMatchObject({
    code: 'timeout',
    message: 'It did not end within 0.5 s and was stopped',
  })
  await context.expect.poll(() => processesOf('slow')).toEqual([])
  expect(existsSync(readFileSync(join(FOLDER, 'file'), 'utf8').trim())).toBe(false)
})

test.concurrent('so does the end of whoever wanted it: a guard outlives the command that is killed', async (context) => {
  const FOLDER = folder(context)
  const killed = new AbortController()
  const shell: ContainerShell = {
    ...machineShell(),
    run: (argv, options: RunOptions = {}) => machineShell().run(argv, { ...options, signal: killed.signal }),
  }
  const running = run(STUBBORN, { name: 'orphan', environment: { FOLDER }, shell, onOutput: () => killed.abort() })
  await expect(running).rejects.toThrow()
  await context.expect.poll(() => processesOf('orphan'), { timeout: 10_000 }).toEqual([])
  expect(existsSync(readFileSync(join(FOLDER, 'file'), 'utf8').trim())).toBe(false)
})

test.concurrent('a script that is told to end has the time to clean up', async (context) => {
  const FOLDER = folder(context)
  const controller = new AbortController()
  const script = 'trap "exit 143" TERM; trap "echo cleaned > $FOLDER/note" EXIT; echo ready; sleep 300'
  const options = {
    environment: { FOLDER },
    signal: controller.signal,
    onOutput: () => controller.abort(new Error('x')),
  }
  await expect(run(script, options)).rejects.toThrow('x')
  expect(readFileSync(join(FOLDER, 'note'), 'utf8')).toBe('cleaned\n')
})

test('the scripts around a script pass shellcheck', (context) => {
  try {
    execFileSync('shellcheck', ['--version'])
  } catch {
    context.skip('shellcheck is not installed')
  }
  for (const input of [SCRIPT_RUNNER, SCRIPT_GUARD]) {
    // SC2086: a list of process ids is split on purpose.
    expect(execFileSync('shellcheck', ['-s', 'sh', '-e', 'SC2086', '-'], { input, encoding: 'utf8' })).toBe('')
  }
})

test.concurrent('a process that has lost the environment of the script is ended with its process group', async (context) => {
  const FOLDER = folder(context)
  const controller = new AbortController()
  const script = 'env -i PATH="$PATH" sleep 301 & echo $! > "$FOLDER/pid"; echo ready; sleep 300'
  const options = {
    environment: { FOLDER },
    signal: controller.signal,
    onOutput: () => controller.abort(new Error('x')),
  }
  await expect(run(script, options)).rejects.toThrow('x')
  await expect.poll(() => existsSync(`/proc/${readFileSync(join(FOLDER, 'pid'), 'utf8').trim()}`)).toBe(false)
})
