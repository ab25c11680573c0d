import { randomBytes } from 'node:crypto'
import { PassThrough, Writable } from 'node:stream'
import type { Clock } from '../../clock.js'
import { CmuxError } from '../../errors.js'
import type { ContainerShell } from '../../executor/container-shell.js'
import { interpreterOf } from '../recipe/recipe.js'
import { SCRIPT_GUARD, SCRIPT_RUNNER } from './script-runner.js'

export interface ScriptOptions {
  /** Of the step or check: part of the mark that its processes carry in their environment. */
  readonly name: string
  readonly environment: Readonly<Record<string, string>>
  /** Milliseconds. After them the script and everything that it has started is ended: `timeout`. */
  readonly timeout: number
  /** Aborting ends the script in the same way; the run rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined
  readonly clock: Clock
  /** What the script writes, errors included, as it comes. */
  readonly onOutput: (chunk: Buffer) => void
}

/** What every script can rely on. Set explicitly, since each way into a container has its own idea of it. */
const ENVIRONMENT = {
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  TERM: 'dumb',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
} as const

/** Milliseconds that the guard in the container gets to end everything, before the command itself is ended. */
const GRACE = 12_000

/**
 * Runs a script in a container, from a file with a random name that nobody else can read and that is gone afterwards, whatever happens,
 * the end of this process included. Resolves with its exit status. Errors: `timeout`, the abort reason, those of getting there.
 */
export async function runScript(shell: ContainerShell, script: string, options: ScriptOptions): Promise<number> {
  const { name, clock, signal, timeout, onOutput } = options
  signal?.throwIfAborted()
  const bytes = Buffer.from(script)
  const random = randomBytes(12).toString('hex')
  const variables = Object.entries({ ...ENVIRONMENT, ...options.environment }).map(([key, value]) => `${key}=${value}`)
  const argv = [
    ...['sh', '-c', SCRIPT_RUNNER, 'sh', SCRIPT_GUARD],
    ...[`/tmp/.cmux-pve-${random}`, String(bytes.length), `${name}.${random}`],
    ...[...variables, ...interpreterOf(script)],
  ]

  const stdin = new PassThrough()
  stdin.write(bytes)
  const [ended, deaf] = [new AbortController(), new AbortController()]
  let reason: { readonly error: unknown } | undefined
  const stop = (error: unknown) => {
    if (reason !== undefined || ended.signal.aborted) return
    reason = { error }
    stdin.end()
    void after(GRACE, clock, ended.signal, () => deaf.abort(error))
  }
  const onAbort = () => stop(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  void after(timeout, clock, ended.signal, () =>
    stop(new CmuxError('timeout', `It did not end within ${timeout / 1000} s and was stopped`)),
  )
  try {
    const stdout = new Writable({
      write(chunk: Buffer, _encoding, done) {
        onOutput(chunk)
        done()
      },
    })
    const { exitCode, stderr } = await shell.run(argv, { stdin, stdout, signal: deaf.signal })
    if (reason !== undefined) throw reason.error
    if (stderr !== '') onOutput(Buffer.from(stderr))
    return exitCode
  } catch (error) {
    throw reason === undefined ? error : reason.error
  } finally {
    ended.abort()
    stdin.end()
    signal?.removeEventListener('abort', onAbort)
  }
}

async function after(milliseconds: number, clock: Clock, cancelled: AbortSignal, act: () => void): Promise<void> {
  await clock.sleep(milliseconds, cancelled).catch(() => {})
  if (!cancelled.aborted) act()
}
