/** The tags as Proxmox stores them: lower case, unique, sorted, joined with `;` (PVE-FACTS 4.3). */
export function normaliseTags(_tags: string): string {
  throw new Error('being built')
}
