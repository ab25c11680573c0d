import { missingPrivileges, type PveClient } from '../pve/client.js'
import type { Settings } from '../settings/settings.js'
import type { Finding } from './finding.js'
import { type Need, neededPrivileges } from './needs.js'

/** One finding per privilege that the toolkit needs: whether the token has it, and the command that grants it. */
export async function checkPrivileges(client: PveClient, settings: Settings): Promise<readonly Finding[]> {
  const permissions = await client.access.permissions()
  const token = settings.api?.token.id ?? ''
  const { storage, bridge, osTemplate = 'local:' } = settings
  const osTemplateStorage = osTemplate.slice(0, osTemplate.indexOf(':'))
  return neededPrivileges({ storage, osTemplateStorage, bridge }).map((need) => {
    const found = { topic: 'privileges', subject: `${need.privileges.join(' or ')} on ${need.path}` } as const
    const [missing] = missingPrivileges(permissions, [need])
    if (missing === undefined) return { ...found, verdict: 'ok', detail: `may ${need.purpose}` }
    return {
      ...found,
      verdict: need.optional ? 'warning' : 'failed',
      detail: `missing: cannot ${need.purpose}`,
      remedy: grant(need, token),
      ...(!need.optional && { code: 'forbidden' }),
    }
  })
}

function grant(need: Need, token: string): string {
  const role = 'CmuxPve'
  return `On a node: pveum role add ${role} --privs ${need.privileges[0]} (or pveum role modify ${role} --append 1 --privs ${need.privileges[0]}), then pveum acl modify ${need.path} --tokens '${token}' --roles ${role}; a token with privilege separation needs it for its user too.`
}
