import type { Container } from './container.js'
import type { ExecOptions } from './guest-runtime.js'
import { failureStatus, failureText, launch, runProgram } from './machine/execute.js'
import { inputFrom } from './machine/input.js'
import { outputTo } from './machine/output.js'

/**
 * Runs argv in a container as `lxc-attach` does: root, no shell, the host's directory if it exists there too. Resolves with
 * the command's status, 126 or 127 when it cannot be executed (PVE-FACTS 7.3), 128+N when a signal ended it.
 */
export async function attach(container: Container, argv: readonly string[], options: ExecOptions): Promise<number> {
  const { spec, files, processes, init } = container
  const cwd = files.find(options.cwd)?.kind === 'directory' ? options.cwd : '/'
  const stderr = outputTo(options.stderr)
  const start = { argv, environment: options.environment, cwd, uid: 0, gid: 0, umask: 0o022, attached: true }
  const found = launch(container, argv, start)
  if (!found.ok) {
    await stderr.write(
      Buffer.from(
        `lxc-attach: ${spec.vmid}: ../src/lxc/attach.c: lxc_attach_run_command: 1841 ${failureText(found.failure)} - Failed to exec "${argv[0]}"\n`,
      ),
    )
    return failureStatus(found.failure)
  }
  options.signal.throwIfAborted()
  const streams = {
    stdin: inputFrom(options.stdin),
    stdout: outputTo(options.stdout),
    stderr,
    ...(options.tty === undefined ? {} : { tty: options.tty }),
  }
  // What it runs may have children before this returns.
  const pid = processes.lastPid + 1
  const running = runProgram(container, found.program, init, { ...start, argv: found.argv }, streams)
  const process = processes.get(pid)
  const abort = () => {
    if (process !== undefined) processes.killTree(process, 'KILL')
  }
  options.signal.addEventListener('abort', abort, { once: true })
  options.onSignals?.((signal) => {
    if (process !== undefined) processes.killTree(process, signal)
  })
  const { tty } = options
  if (tty !== undefined && process !== undefined) tty.onInterrupt = () => processes.killTree(process, 'INT')
  try {
    return await running
  } finally {
    if (tty !== undefined) tty.onInterrupt = undefined
    options.signal.removeEventListener('abort', abort)
  }
}
