import type { execa } from 'execa'

/** Tells systemd how the daemon fares (sd_notify). Never throws: a daemon that works is worth more than word of it. */
export interface ServiceManager {
  /** Milliseconds within which it wants a sign of life; absent: never. */
  readonly watchdog?: number
  ready(status: string): Promise<void>
  alive(): Promise<void>
  stopping(): Promise<void>
}

export interface ServiceManagerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly pid: number
  readonly onFailure: (message: string) => void
}

/** How long systemd-notify may take, in milliseconds. */
const PATIENCE = 5_000

/**
 * The service manager that NOTIFY_SOCKET names. Node has no datagram sockets in the file system, so `systemd-notify` speaks for us: it is where
 * systemd is. The unit needs `NotifyAccess=all`, because it is a process of its own.
 */
export function serviceManager({ environment, pid, onFailure }: ServiceManagerOptions): ServiceManager | undefined {
  const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID, PATH } = environment
  if (!NOTIFY_SOCKET) return undefined

  const tell = async (...words: readonly string[]): Promise<void> => {
    try {
      const { execa } = await import('execa')
      await run(execa, words)
    } catch (error) {
      const said = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
      onFailure(`systemd could not be told ${words[0]}: ${said}`)
    }
  }
  const run = (start: typeof execa, words: readonly string[]) =>
    start('systemd-notify', words, {
      env: { NOTIFY_SOCKET, ...(PATH !== undefined && { PATH }) },
      extendEnv: false,
      stdin: 'ignore',
      timeout: PATIENCE,
      // It would catch signals for as long as this runs: the SIGABRT by which systemd ends a daemon that hangs would come to nothing.
      cleanup: false,
    })
  const microseconds = Number(WATCHDOG_USEC)
  const watched = microseconds > 0 && (WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid)
  return {
    ...(watched && { watchdog: microseconds / 1000 }),
    ready: (status) => tell('READY=1', `STATUS=${status}`),
    alive: () => tell('WATCHDOG=1'),
    stopping: () => tell('STOPPING=1', 'STATUS=Finishing what was begun'),
  }
}
