import type { WaysOut } from '../provider/provider.js'

/** What can be done without a container's memory, as command lines. */
export const WAYS_OUT: WaysOut = {
  boot: (id) => `Boot it: cmux-pve instance resume ${id} --boot`,
  stop: (id) => `Or shut it down, and lose what is not on disk: cmux-pve instance pause ${id} --stop`,
}
