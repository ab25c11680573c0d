/** What a container may use. Memory and swap in bytes. */
export interface GuestLimits {
  readonly memory: number
  readonly swap: number
  readonly cores: number
}

/** All of the node: nobody has told the container's cgroup otherwise. */
export const UNLIMITED: GuestLimits = { memory: 64 * 1024 ** 3, swap: 8 * 1024 ** 3, cores: 16 }
