import { CmuxError } from '../errors.js'

/** `20261122-061500` (UTC), the name of a checkpoint that was given none. */
export const checkpointName = (now: number): string =>
  new Date(now).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')

/** Refuses (`usage`) what Proxmox would refuse as the name of a snapshot; but a digit may come first. */
export function checkCheckpointName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9_-]{1,39}$/.test(name)) return
  throw new CmuxError('usage', `'${name}' is not a name for a checkpoint`, {
    hint: 'It takes 2 to 40 letters, digits, hyphens and underscores, and begins with a letter or a digit.',
  })
}
