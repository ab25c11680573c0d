import { splitList } from '../schema/formats.js'

/** The tags as Proxmox stores them: lower case, unique, sorted, joined with `;` (PVE-FACTS 4.3). */
export function normaliseTags(tags: string): string {
  return [...new Set(splitList(tags.toLowerCase()))].sort().join(';')
}
