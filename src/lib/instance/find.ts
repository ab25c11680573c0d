import { CmuxError, isCmuxError } from '../errors.js'
import type { ContainerRef } from '../pve/client.js'
import type { ServiceContext } from './service-context.js'

/** A container as messages name it. */
export interface NamedContainer {
  readonly vmid: number
  readonly name: string
  readonly node: string
}

/** `container 101 (web) on node pve1`, as every message names it. */
export const describe = (ct: NamedContainer): string => `container ${ct.vmid} (${ct.name}) on node ${ct.node}`

/** The container that a VMID or hostname names, on any node. Errors: `not-found`, `ambiguous`, and `conflict` for a template. */
export async function findInstance(context: ServiceContext, reference: string): Promise<ContainerRef> {
  const ct = await context.client.containers.find(reference)
  if (!ct.template) return ct
  throw new CmuxError('conflict', `${ct.vmid} (${ct.name}) on node ${ct.node} is a template, not an instance`, {
    hint: `Use \`cmux-pve instance clone ${ct.vmid}\` to make an instance of it, and \`cmux-pve template\` for what concerns the template.`,
  })
}

/** The outcome of a look-up; undefined when nothing was found and that is all right (`--if-exists`). */
export async function foundOrNothing<T>(found: Promise<T>, ifExists: boolean | undefined): Promise<T | undefined> {
  try {
    return await found
  } catch (error) {
    if (ifExists && isCmuxError(error, 'not-found')) return undefined
    throw error
  }
}
