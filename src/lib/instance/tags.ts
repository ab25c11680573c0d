import { CmuxError } from '../errors.js'

/** PVE-FACTS 1.7 */
const TAG = /^[a-z0-9_][a-z0-9_\-+.]*$/i

/** Refuses what Proxmox would refuse as a tag, before anything is made. Like Proxmox, takes several in one text. */
export function checkTags(tags: readonly string[]): void {
  const bad = tags.flatMap((text) => text.split(/[;,\s]+/)).find((tag) => tag !== '' && !TAG.test(tag))
  if (bad === undefined) return
  throw new CmuxError('invalid', `'${bad}' is not a tag`, {
    hint: 'Use letters, digits and any of _ - + . with a letter, a digit or _ first.',
  })
}
