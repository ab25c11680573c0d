import { CmuxError } from '../errors.js'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** Refuses what Proxmox would refuse as a hostname, before anything is made. */
export function checkHostname(hostname: string): void {
  if (hostname.length <= 253 && hostname.split('.').every((label) => LABEL.test(label))) return
  throw new CmuxError('invalid', `'${hostname}' is not a hostname`, {
    hint: 'Use letters, digits and inner hyphens, at most 63 in each part between dots.',
  })
}

/** `base` with `suffix`, cut so that it stays a hostname: a clone keeps its source's name otherwise, and names should tell them apart. */
export function derivedHostname(base: string, suffix: string | number): string {
  const label = (base.split('.')[0] ?? '').slice(0, 62 - String(suffix).length).replace(/-+$/, '')
  return `${label}-${suffix}`
}
