import { randomBytes } from 'node:crypto'
import { quoteArgv } from './quoting.js'

/**
 * Learns the process id of a remote command. sshd lets nobody signal a process of root (it answers `session signalling requires
 * privilege separation`) and closing the channel ends nothing that has no terminal; so the login shell first writes its own id
 * to stderr and then becomes the command, which keeps it. The line is taken out of what the caller sees.
 */
export class ProcessIdLine {
  readonly #marker = `cmux-pve:${randomBytes(8).toString('hex')}:`
  #pending: Buffer | undefined = Buffer.alloc(0)
  #tell: (processId: number) => void = () => {}
  /** Resolves once the line has come: output on stdout may come before it. */
  readonly processId: Promise<number> = new Promise((resolve) => {
    this.#tell = resolve
  })

  /** The line for the login shell. */
  commandLine(argv: readonly string[]): string {
    return `echo "${this.#marker}$$" >&2; exec ${quoteArgv(argv)}`
  }

  /** The bytes of stderr that belong to the command (or to the shell's own start-up files). */
  strip(chunk: Buffer): Buffer {
    if (this.#pending === undefined) return chunk
    const text = Buffer.concat([this.#pending, chunk])
    const start = text.indexOf(this.#marker)
    const end = start < 0 ? -1 : text.indexOf('\n', start)
    if (end < 0) {
      this.#pending = text
      return Buffer.alloc(0)
    }
    this.#pending = undefined
    this.#tell(Number(text.subarray(start + this.#marker.length, end).toString('latin1')))
    return Buffer.concat([text.subarray(0, start), text.subarray(end + 1)])
  }

  /** What was held back while the line was awaited: the shell's own complaint when it never came. */
  rest(): Buffer {
    const rest = this.#pending ?? Buffer.alloc(0)
    this.#pending = undefined
    return rest
  }
}
