import type { Clock } from '../../../clock.js'

/** Waits until `work` has ended, well or badly, but no longer than `milliseconds`. */
export async function atMost(clock: Clock, milliseconds: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController()
  const ending = work.then(
    () => ended.abort(),
    () => ended.abort(),
  )
  await Promise.race([ending, clock.sleep(milliseconds, ended.signal).catch(() => undefined)])
}
