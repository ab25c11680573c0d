import { CmuxError } from '../errors.js'

/** Proxmox refuses longer descriptions (PVE-FACTS 4.1). */
const DESCRIPTION_LIMIT = 8192
const MARK = /\n?<!-- cmux-pve op:([0-9A-Za-z]+) -->/g

/** A fresh id of one attempt to create something: 16 hex digits. */
export const randomOperationId = (): string => crypto.randomUUID().replaceAll('-', '').slice(0, 16)

/**
 * `description` with the operation id behind it, as an HTML comment that the notes panel does not show. When the answer
 * to a call gets lost, the id tells what the call made from what somebody else made at the same moment.
 */
export function withOperationId(description: string, id: string): string {
  const own = withoutOperationId(description)
  const marked = `${own}${own === '' ? '' : '\n'}<!-- cmux-pve op:${id} -->`
  if (marked.length > DESCRIPTION_LIMIT) {
    throw new CmuxError('invalid', `the description is too long: at most ${DESCRIPTION_LIMIT - 60} characters`)
  }
  return marked
}

/** The description as its author wrote it. */
export const withoutOperationId = (description: string): string => description.replace(MARK, '').replace(/\n+$/, '')

export const carriesOperationId = (description: string | undefined, id: string): boolean =>
  description !== undefined && [...description.matchAll(MARK)].some((match) => match[1] === id)
