import { type Clock, systemClock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { SshSettings } from '../settings/settings.js'
import type { Executor, RunOptions, RunResult } from './executor.js'
import { runCommand } from './ssh-command.js'
import type { SshEnvironment } from './ssh-config.js'
import { type ConnectionOptions, openConnection, type SshConnection } from './ssh-connection.js'
import { resolveTarget, type TargetKind, targetName } from './ssh-target.js'

/** sshd's MaxSessions is 10 by default; ending commands needs one more than running them. */
const MAX_SESSIONS = 8

export interface SshOptions extends Partial<ConnectionOptions> {
  readonly clock?: Clock
  readonly environment?: SshEnvironment
  /** Default: a node. */
  readonly kind?: TargetKind
}

/**
 * Runs commands on a node, or in a container that has an sshd, over one SSH connection, opened at the first command and again after it was lost. A command that was running
 * when it was lost is not repeated.
 */
export class SshExecutor implements Executor {
  readonly #settings: SshSettings
  readonly #options: ConnectionOptions
  readonly #environment: SshEnvironment
  readonly #kind: TargetKind
  readonly #clock: Clock
  readonly #closing = new AbortController()
  #target: string
  #opening: Promise<SshConnection> | undefined
  #limit: (<T>(run: () => Promise<T>) => Promise<T>) | undefined

  constructor(settings: SshSettings, options: SshOptions = {}) {
    const { host, user = 'root', port = 22 } = settings
    this.#target = targetName({ host, user, port })
    this.#settings = settings
    this.#kind = options.kind ?? 'node'
    this.#environment = options.environment ?? process.env
    this.#clock = options.clock ?? systemClock
    this.#options = {
      connectTimeout: options.connectTimeout ?? 15_000,
      keepAliveInterval: options.keepAliveInterval ?? 10_000,
      onNewHostKey: options.onNewHostKey ?? (() => {}),
    }
  }

  /** As the settings have it; from the first connection on, as it really is. */
  get target(): string {
    return this.#target
  }

  async run(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (this.#limit === undefined) {
      const { default: pLimit } = await import('p-limit')
      this.#limit ??= pLimit(MAX_SESSIONS)
    }
    return this.#limit(async () => {
      options.signal?.throwIfAborted()
      const connection = await this.#connect(options.signal)
      return runCommand({ connection, target: this.target, clock: this.#clock }, argv, options)
    })
  }

  async close(): Promise<void> {
    this.#closing.abort(new CmuxError('interrupted', `The connection to ${this.target} was closed`))
    const connection = await this.#opening?.catch(() => undefined)
    connection?.close()
  }

  /** The connection is everybody's: a caller who gives up stops waiting for it, and does not take it from the others. */
  async #connect(signal: AbortSignal | undefined): Promise<SshConnection> {
    for (;;) {
      this.#opening ??= this.#open()
      const opening = this.#opening
      const forget = () => {
        if (this.#opening === opening) this.#opening = undefined
      }
      opening.catch(forget)
      const connection = await unlessAborted(opening, signal)
      if (connection.lost === undefined) return connection
      forget()
    }
  }

  async #open(): Promise<SshConnection> {
    const target = await resolveTarget(this.#settings, this.#kind, this.#environment)
    this.#target = targetName(target)
    this.#closing.signal.throwIfAborted()
    return openConnection(target, this.#options, this.#closing.signal)
  }
}

async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  let onAbort = () => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    onAbort = () => reject(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
