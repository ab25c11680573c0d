import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { ContainerShell } from '../../src/lib/executor/container-shell.js'
import type { GuestRuntime } from '../../src/lib/simulator/guest/guest-runtime.js'

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** A shell into a container of a guest runtime, without a node and SSH in between. */
export function guestShell(guests: GuestRuntime, vmid: number): ContainerShell {
  return {
    async run(argv, options = {}) {
      const [stdout, stderr] = [new PassThrough(), new PassThrough()]
      if (options.stdout !== undefined) stdout.pipe(options.stdout, { end: false })
      const collected = [options.stdout === undefined ? text(stdout) : '', text(stderr)]
      const { stdin = '' } = options
      const exitCode = await guests.exec(vmid, argv, {
        stdin: stdin instanceof Readable ? stdin : Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
        stdout,
        stderr,
        environment: { PATH, container: 'lxc', TERM: 'linux' },
        cwd: '/',
        signal: options.signal ?? new AbortController().signal,
      })
      stdout.end()
      stderr.end()
      const [out = '', errors = ''] = await Promise.all(collected)
      return { exitCode, stdout: out, stderr: errors }
    },
    async close() {},
  }
}
