import type { GuestRandom } from './machine.js'

/** Bytes from the seeded source: what /dev/urandom gives on a machine that can be replayed. */
export function randomBytes(random: GuestRandom, count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  for (let at = 0; at < count; at++) bytes[at] = random.integer(0, 255)
  return bytes
}
