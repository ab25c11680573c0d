/** Randomness comes in from outside, so that a seed replays everything. */
export interface GuestRandom {
  integer(min: number, max: number): number
  hex(digits: number): string
}
