import { describe } from '../instance/find.js'
import type { CriuContext } from './criu-context.js'
import type { PreflightReport } from './preflight-report.js'

/** What `--fix` would set, or has set, in the configuration of a container. */
export interface PlannedFix {
  readonly vmid: number
  readonly name: string
  readonly node: string
  readonly set: Readonly<Record<string, number>>
}

/** The harmless ones of a report's remedies; undefined: there is none. Pure. */
export function plannedFix({ vmid, name, node, blockers }: PreflightReport): PlannedFix | undefined {
  const set = Object.fromEntries(blockers.flatMap(({ remedy }) => Object.entries(remedy?.fix?.set ?? {})))
  return Object.keys(set).length === 0 ? undefined : { vmid, name, node, set }
}

/**
 * Sets the options. What a running container cannot change waits for its next start (PVE-FACTS 3.5). Errors: `changed` when somebody
 * else wrote to the configuration in between, `locked`, `forbidden`.
 */
export async function applyFix(context: CriuContext, fix: PlannedFix): Promise<void> {
  const { containers } = context.client
  context.onProgress?.(`Changing the configuration of ${describe(fix)}`)
  const { digest } = await containers.config(fix)
  await containers.update(fix, { set: fix.set, digest })
}

/** `tty=0, console=0` */
export const fixText = ({ set }: PlannedFix): string =>
  Object.entries(set)
    .map(([option, value]) => `${option}=${value}`)
    .join(', ')
