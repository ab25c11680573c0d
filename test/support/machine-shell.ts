import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ContainerShell } from '../../src/lib/executor/container-shell.js'

/** A shell whose container is this very machine. */
export function machineShell(): ContainerShell {
  return {
    async run(argv, { stdin, stdout, signal } = {}) {
      const [command = '', ...rest] = argv
      const child = spawn(command, rest, { env: { PATH: process.env['PATH'] }, ...(signal && { signal }) })
      child.stdin.on('error', () => {})
      const input = stdin instanceof Readable ? stdin : Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)])
      input.pipe(child.stdin)
      if (stdout !== undefined) child.stdout.pipe(stdout, { end: false })
      const [collected, stderr, [code]] = await Promise.all([
        stdout === undefined ? text(child.stdout) : '',
        text(child.stderr),
        once(child, 'close'),
      ])
      return { exitCode: Number(code), stdout: collected, stderr }
    },
    async close() {},
  }
}
