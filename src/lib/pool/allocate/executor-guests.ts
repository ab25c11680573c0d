import { connect } from 'node:net'
import { pctShell } from '../../executor/container-shell.js'
import type { Executor } from '../../executor/executor.js'
import type { GuestAccess } from '../guest-access.js'

/** The way into containers through `pct` on their nodes. */
export class ExecutorGuests implements GuestAccess {
  readonly #open: (node: string) => Promise<Executor>

  /** `open`: an executor on that node, always the same one; whoever gives it closes it. */
  constructor(open: (node: string) => Promise<Executor>) {
    this.#open = open
  }

  async run(
    ct: Parameters<GuestAccess['run']>[0],
    argv: readonly string[],
    { timeout, signal, input }: Parameters<GuestAccess['run']>[2],
  ): ReturnType<GuestAccess['run']> {
    const shell = pctShell(await this.#open(ct.node), ct.vmid)
    const { exitCode, stderr } = await shell.run(argv, {
      timeout,
      ...(signal !== undefined && { signal }),
      ...(input !== undefined && { stdin: input }),
    })
    return { exitCode, stderr }
  }

  connects(address: string, port: number, timeout: number): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: address, port, timeout })
      const end = (open: boolean) => {
        socket.destroy()
        resolve(open)
      }
      socket.once('connect', () => end(true))
      socket.once('timeout', () => end(false))
      socket.once('error', () => end(false))
    })
  }
}
