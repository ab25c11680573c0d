import type { ApiMethod } from './method.js'

/** All methods of /nodes/{node}/lxc (PVE-FACTS 3). */
export function lxcMethods(): readonly ApiMethod[] {
  return []
}
