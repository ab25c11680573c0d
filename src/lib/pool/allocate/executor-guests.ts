import { connect } from 'node:net'
import { pctShell } from '../../executor/container-shell.js'
import type { Executor } from '../../executor/executor.js'
import type { GuestAccess } from '../guest-access.js'

/** The way into containers through `pct` on their nodes. Each node is connected to once, when it is first needed. */
export class ExecutorGuests implements GuestAccess {
  readonly #open: (node: string) => Promise<Executor>
  readonly #executors = new Map<string, Promise<Executor>>()

  /** `open`: an executor on that node. */
  constructor(open: (node: string) => Promise<Executor>) {
    this.#open = open
  }

  async run(
    ct: Parameters<GuestAccess['run']>[0],
    argv: readonly string[],
    { timeout, signal, input }: Parameters<GuestAccess['run']>[2],
  ): ReturnType<GuestAccess['run']> {
    const executor = await this.#executor(ct.node)
    const { exitCode, stderr } = await pctShell(executor, ct.vmid).run(argv, {
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

  async close(): Promise<void> {
    const opened = await Promise.allSettled(this.#executors.values())
    this.#executors.clear()
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)))
  }

  /** A connection that could not be made is tried again by whoever needs it next. */
  #executor(node: string): Promise<Executor> {
    const known = this.#executors.get(node)
    if (known !== undefined) return known
    const opening = this.#open(node)
    this.#executors.set(node, opening)
    opening.catch(() => this.#executors.delete(node))
    return opening
  }
}
