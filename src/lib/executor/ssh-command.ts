import { once } from 'node:events'
import { constants } from 'node:os'
import type { ClientChannel, PseudoTtyOptions } from 'ssh2'
import type { Clock } from '../clock.js'
import { CmuxError } from '../errors.js'
import type { RunOptions, RunResult } from './executor.js'
import { ProcessIdLine } from './process-id-line.js'
import { quoteArgv } from './quoting.js'
import type { SshConnection } from './ssh-connection.js'
import { collect, feed, forward } from './streams.js'

/** Milliseconds between asking a command to end, forcing it, and giving up on the channel. */
const GRACE = 2000

/** Milliseconds that the login shell has to tell its process id when a command that has just been started is to end. */
const SHELL_START = 10_000

/** Milliseconds between attempts to start a command that sshd has no session left for: 10, 20, … about a second in all. */
const FIRST_PAUSE = 10
const LAST_PAUSE = 640

/** Where a command runs: an open connection, its name for messages, and time. */
export interface SshPlace {
  readonly connection: SshConnection
  readonly target: string
  readonly clock: Clock
}

/** How sshd reported the end: a status, or the name of a signal without `SIG`. */
interface RemoteExit {
  readonly code: number | null
  readonly signal?: string
}

/**
 * Runs one command over an open connection (see Executor.run). Errors: `timeout`, the abort reason, `unavailable` when the connection
 * is lost before the command has ended, `failed` when its output cannot be written here.
 */
export async function runCommand(place: SshPlace, argv: readonly string[], options: RunOptions): Promise<RunResult> {
  const { signal, timeout, tty } = options
  const processIdLine = new ProcessIdLine()
  // With a terminal no id is needed: closing the channel hangs up on the command and on everything it started.
  const line = tty === undefined ? processIdLine.commandLine(argv) : quoteArgv(argv)
  signal?.throwIfAborted()
  let exit: RemoteExit | undefined
  const channel = await openChannel(place, line, tty, (remoteExit) => {
    exit = remoteExit
  })
  const finished = new AbortController()
  const stopper = new Stopper(place, channel, tty === undefined ? processIdLine : undefined, finished.signal)
  const onAbort = () => stopper.stop(signal?.reason)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  if (timeout !== undefined) void stopAfter(timeout, stopper, argv, place, finished.signal)
  const stopResizing = tty?.onResize?.(({ columns, rows }) => channel.setWindow(rows, columns, 0, 0))
  const letGoOfInput = feed(options.stdin, channel)

  const onOutputError = (error: unknown) => {
    stopper.stop(
      new CmuxError('failed', `The output of ${argv[0]} cannot be written: ${messageOf(error)}`, { cause: error }),
    )
    return ''
  }
  const stripId = (chunk: Buffer) => processIdLine.strip(chunk)
  try {
    const ended = Promise.all([
      (options.stdout === undefined ? collect(channel) : forward(channel, options.stdout)).catch(onOutputError),
      (options.stderr === undefined
        ? collect(channel.stderr, stripId)
        : forward(channel.stderr, options.stderr, stripId)
      ).catch(onOutputError),
      once(channel, 'close'),
    ])
    const [stdout, stderr] = await Promise.race([ended, stopper.gaveUp])
    stopper.throwIfStopped()
    if (exit === undefined) throw connectionLost(place, argv)
    const unmarked = processIdLine.rest()
    options.stderr?.write(unmarked)
    return result(exit, stdout, options.stderr === undefined ? stderr + unmarked.toString('utf8') : '')
  } finally {
    finished.abort()
    letGoOfInput()
    stopResizing?.()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** Ends a remote command once, for the first reason given: asks it, forces it, lets go of the channel. */
class Stopper {
  readonly #place: SshPlace
  readonly #channel: ClientChannel
  readonly #processIdLine: ProcessIdLine | undefined
  readonly #finished: AbortSignal
  #reason: { readonly error: unknown } | undefined
  #giveUp: (error: unknown) => void = () => {}
  /** Rejects with the reason when the channel would not close in time either: sshd waits for a process that ignores everything. */
  readonly gaveUp: Promise<never>

  constructor(
    place: SshPlace,
    channel: ClientChannel,
    processIdLine: ProcessIdLine | undefined,
    finished: AbortSignal,
  ) {
    this.#place = place
    this.#channel = channel
    this.#processIdLine = processIdLine
    this.#finished = finished
    this.gaveUp = new Promise((_resolve, reject) => {
      this.#giveUp = reject
    })
    this.gaveUp.catch(() => {})
  }

  stop(error: unknown): void {
    if (this.#reason !== undefined || this.#finished.aborted) return
    this.#reason = { error }
    this.#end(error).catch(this.#giveUp)
  }

  throwIfStopped(): void {
    if (this.#reason !== undefined) throw this.#reason.error
  }

  async #end(error: unknown): Promise<void> {
    const processId = await this.#learnProcessId()
    if (processId !== undefined) {
      for (const signal of ['TERM', 'KILL']) {
        killGroup(this.#place, processId, signal)
        if (await this.#endsWithin(GRACE)) return
      }
    }
    this.#channel.close()
    if (!(await this.#endsWithin(GRACE))) this.#giveUp(error)
  }

  /** Undefined with a terminal, and when the command or the patience ended first. */
  #learnProcessId(): Promise<number | undefined> {
    if (this.#processIdLine === undefined) return Promise.resolve(undefined)
    return Promise.race([this.#processIdLine.processId, this.#endsWithin(SHELL_START).then(() => undefined)])
  }

  async #endsWithin(milliseconds: number): Promise<boolean> {
    await this.#place.clock.sleep(milliseconds, this.#finished).catch(() => {})
    return this.#finished.aborted
  }
}

async function stopAfter(
  limit: number,
  stopper: Stopper,
  argv: readonly string[],
  place: SshPlace,
  finished: AbortSignal,
) {
  await place.clock.sleep(limit, finished).catch(() => {})
  const message = `${argv[0]} on ${place.target} did not end within ${limit / 1000} s and was stopped`
  if (!finished.aborted) stopper.stop(new CmuxError('timeout', message))
}

/** sshd makes every command the leader of its own process group. Best effort: the channel is closed afterwards anyway. */
function killGroup(place: SshPlace, processId: number, signal: string): void {
  openChannel(place, quoteArgv(['kill', '-s', signal, '--', `-${processId}`]), undefined, () => {}).then(
    (channel) => channel.resume().stderr.resume(),
    () => {},
  )
}

/**
 * Starts a command; its end is told to `onExit`. sshd counts a session until a moment after it has told its end, and
 * refuses one more than MaxSessions: nothing has been started then, so it is asked again.
 */
async function openChannel(
  place: SshPlace,
  line: string,
  tty: RunOptions['tty'],
  onExit: (exit: RemoteExit) => void,
): Promise<ClientChannel> {
  for (let pause = FIRST_PAUSE; ; pause *= 2) {
    try {
      return await askForChannel(place, line, tty, onExit)
    } catch (error) {
      if (!isRefusedSession(error) || pause > LAST_PAUSE) {
        const message = `${place.target} did not start the command: ${messageOf(error)}`
        throw new CmuxError('unavailable', message, { cause: error })
      }
    }
    await place.clock.sleep(pause)
  }
}

function askForChannel(
  { connection }: SshPlace,
  line: string,
  tty: RunOptions['tty'],
  onExit: (exit: RemoteExit) => void,
): Promise<ClientChannel> {
  const pty: PseudoTtyOptions | undefined =
    tty === undefined ? undefined : { rows: tty.rows, cols: tty.columns, term: tty.type ?? 'xterm-256color' }
  return new Promise((resolve, reject) => {
    connection.client.exec(line, pty === undefined ? {} : { pty }, (error, channel) => {
      if (error !== undefined) {
        reject(error)
        return
      }
      // At once: a short command's end may have come in the same packet as the answer, and is told only once.
      channel.on('exit', (code: number | null, name?: string) => {
        onExit(name === undefined ? { code } : { code, signal: name.replace(/^SIG/, '') })
      })
      resolve(channel)
    })
  })
}

/** SSH_OPEN_CONNECT_FAILED (RFC 4254, 5.1), sshd's answer to a session too many. */
const isRefusedSession = (error: unknown): boolean => error instanceof Error && 'reason' in error && error.reason === 2

function connectionLost({ connection, target }: SshPlace, argv: readonly string[]): CmuxError {
  const cause = connection.lost
  return new CmuxError(
    'unavailable',
    `The SSH connection to ${target} was lost while ${argv[0]} ran${cause === undefined ? '' : `: ${cause.message}`}`,
    { hint: 'Whether the command has ended, and how, is not known.', cause },
  )
}

function result(exit: RemoteExit, stdout: string, stderr: string): RunResult {
  if (exit.signal === undefined) return { exitCode: exit.code ?? 255, stdout, stderr }
  const number = Object.entries(constants.signals).find(([name]) => name === `SIG${exit.signal}`)?.[1] ?? 0
  return { exitCode: 128 + number, signal: exit.signal, stdout, stderr }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
