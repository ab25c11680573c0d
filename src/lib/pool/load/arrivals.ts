/** When requests come: milliseconds after the beginning, ascending. */
export type Arrivals = readonly number[]

/** All at the same moment. */
export const burst = (count: number): Arrivals => new Array<number>(count).fill(0)

/**
 * An open loop: requests come by chance (Poisson), `rate` a second on average, whether or not those before were answered. That is how
 * strangers come, and it hides no delay, as a loop does that waits for an answer before it asks again.
 */
export function openLoop(rate: number, milliseconds: number, random: () => number): Arrivals {
  const arrivals: number[] = []
  for (;;) {
    const at = (arrivals.at(-1) ?? 0) - (Math.log(1 - random()) / rate) * 1000
    if (at >= milliseconds) return arrivals
    arrivals.push(at)
  }
}
