import type { GuestUsage } from './guest-runtime.js'

const MEGABYTE = 1024 ** 2

/**
 * What a container would plausibly use: it grows with time and processes and is the same for the same history, so that a
 * replay shows the same numbers.
 */
export function plausibleUsage(state: {
  readonly uptime: number
  readonly processes: number
  readonly disk: number
  readonly memory: number
  readonly networks: number
}): GuestUsage {
  const seconds = Math.floor(state.uptime / 1000)
  const busy = Math.max(0, state.processes - 1)
  return {
    cpu: Math.min(1, (seconds < 3 ? 0.02 : 0.0005) + busy * 0.01),
    mem: Math.min(state.memory, 6 * MEGABYTE + state.processes * 2 * MEGABYTE + Math.min(seconds, 60) * 4096),
    swap: 0,
    disk: state.disk,
    diskread: 20 * MEGABYTE + busy * MEGABYTE,
    diskwrite: 4096 * seconds,
    netin: state.networks * (1500 + seconds * 60),
    netout: state.networks * (900 + seconds * 40),
  }
}
