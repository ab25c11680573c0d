import { chmod, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as z from 'zod/mini'
import { CmuxError } from '../../errors.js'
import type { Executor } from '../../executor/executor.js'
import { SERVICE } from './layout.js'
import { copyRelease } from './release.js'
import { type InstallStep, stepText, systemctlBelow } from './step.js'

export interface Machine {
  /** Runs commands here. */
  readonly executor: Executor
  /** The folder of the tool that runs now. */
  readonly home: string
  /** Everything is written below this folder; `/` is the machine itself. */
  readonly root: string
  readonly signal: AbortSignal
}

/** Does the steps in order. The first that fails ends it; running the installation again goes on from there. */
export async function carryOut(
  steps: readonly InstallStep[],
  machine: Machine,
  onStep: (text: string) => void,
): Promise<void> {
  for (const step of steps) {
    machine.signal.throwIfAborted()
    onStep(stepText(step, machine.root))
    await carryOutStep(step, machine)
  }
}

async function carryOutStep(step: InstallStep, machine: Machine): Promise<void> {
  const at = (path: string) => join(machine.root, path)
  switch (step.kind) {
    case 'folder':
      await mkdir(at(step.path), { recursive: true })
      return chmod(at(step.path), step.mode)
    case 'file':
      return replaceFile(at(step.path), step.content, step.mode)
    case 'release':
      return copyRelease(machine.home, at(step.path))
    case 'link':
      return replaceLink(at(step.path), step.target)
    case 'remove':
      return rm(at(step.path), { recursive: true, force: true })
    case 'run':
      return void (await runOneOf(step.argv, step.otherwise, machine))
    case 'token':
      return replaceFile(at(step.path), `${tokenIn(await runOneOf(step.argv, undefined, machine))}\n`, 0o600)
  }
}

/** The old content or the new one, never half of it; and never readable by others, not even for a moment. */
async function replaceFile(path: string, content: string, mode: number): Promise<void> {
  const half = `${path}.${process.pid}.tmp`
  await mkdir(dirname(path), { recursive: true })
  try {
    await writeFile(half, content, { mode: 0o600, flag: 'wx' })
    await chmod(half, mode)
    await rename(half, path)
  } finally {
    await rm(half, { force: true })
  }
}

async function replaceLink(path: string, target: string): Promise<void> {
  const half = `${path}.${process.pid}.tmp`
  await mkdir(dirname(path), { recursive: true })
  try {
    await symlink(target, half)
    await rename(half, path)
  } finally {
    await rm(half, { force: true })
  }
}

/** What it printed. When the first fails, the other one is tried, and the error is its. */
async function runOneOf(
  argv: readonly string[],
  otherwise: readonly string[] | undefined,
  machine: Machine,
): Promise<string> {
  const { executor, root, signal } = machine
  const [command] = argv
  const { exitCode, stdout, stderr } = await executor.run(systemctlBelow(root, argv), { signal })
  if (exitCode === 0) return stdout
  if (otherwise !== undefined) return runOneOf(otherwise, undefined, machine)
  throw new CmuxError('failed', `${argv.slice(0, 4).join(' ')} failed: ${stderr.trim() || `status ${exitCode}`}`, {
    hint:
      command === 'systemctl'
        ? `See \`journalctl -u ${SERVICE} -n 50\`. Once that is put right, run the installation again.`
        : 'Once that is put right, run the installation again: it goes on from here.',
  })
}

const MADE = z.object({ 'full-tokenid': z.string(), value: z.string() })

function tokenIn(output: string): string {
  let printed: unknown
  try {
    printed = JSON.parse(output)
  } catch {
    printed = undefined
  }
  const made = MADE.safeParse(printed)
  // The output may hold the secret: it is not quoted.
  if (!made.success) throw new CmuxError('failed', 'pveum did not print the token that it made')
  return `${made.data['full-tokenid']}=${made.data.value}`
}
