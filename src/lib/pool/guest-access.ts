import type { ContainerAddress } from '../pve/client.js'

/** The way into running containers: for probes, and for what an allocate puts inside. */
export interface GuestAccess {
  /** Runs a command as root, `input` as its standard input; the exit code. Rejects when it could not be run. */
  run(
    ct: ContainerAddress,
    argv: readonly string[],
    options: {
      /** Milliseconds. */
      readonly timeout: number
      readonly signal?: AbortSignal
      readonly input?: string | Uint8Array
    },
  ): Promise<{ readonly exitCode: number; readonly stderr: string }>
  /** Whether a TCP port of the container accepts connections. `timeout` in milliseconds. */
  connects(address: string, port: number, timeout: number): Promise<boolean>
}
