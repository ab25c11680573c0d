import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { pipeline } from 'node:stream/promises'
import type { ExecOptions } from '../../../src/lib/simulator/guest/guest-runtime.js'

/** Runs argv inside a container by lxc-attach (see GuestRuntime.exec). It has no terminal, also when one is asked for. */
export async function attach(vmid: number, argv: readonly string[], options: ExecOptions): Promise<number> {
  const environment = Object.entries(options.environment).flatMap(([name, value]) => ['-v', `${name}=${value}`])
  const child = spawn('lxc-attach', ['-n', `${vmid}`, '--clear-env', ...environment, '--', ...argv], {
    // What lxc-attach starts stays in its process group, so that both can be ended together.
    detached: true,
    // lxc-attach goes to its own working directory inside when there is one of that name.
    cwd: existsSync(options.cwd) ? options.cwd : '/',
  })
  const end = () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, 'SIGKILL')
  }
  options.signal.addEventListener('abort', end)
  if (options.signal.aborted) end()
  try {
    // A command need not read all its input.
    pipeline(options.stdin, child.stdin).catch(() => {})
    const output = [
      pipeline(child.stdout, options.stdout, { end: false }),
      pipeline(child.stderr, options.stderr, { end: false }),
    ]
    const [status, signal] = await once(child, 'close')
    await Promise.allSettled(output)
    return status ?? 128 + constants.signals[signal as NodeJS.Signals]
  } finally {
    options.signal.removeEventListener('abort', end)
  }
}
