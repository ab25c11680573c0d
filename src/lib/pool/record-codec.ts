import * as z from 'zod/mini'
import { CmuxError } from '../errors.js'
import { isVmid, type Vmid } from '../pve/client.js'
import type { PoolRecord } from './record.js'

/** Proxmox refuses longer descriptions (PVE-FACTS 4.1). */
const DESCRIPTION_LIMIT = 8192
const BLOCK = /(?:^cmux-pve pool [^\n]*\n)?<!-- cmux-pool (\{[^\n]*?\}) -->\n?/gm

/**
 * `description` with the record in it: one line for people and the record as JSON inside an HTML comment that the notes panel does not
 * show. What others wrote around it stays. Throws `invalid` when that becomes longer than Proxmox takes.
 */
export function withRecord(description: string, record: PoolRecord): string {
  const block = `${headline(record)}\n<!-- cmux-pool ${commentSafe(JSON.stringify(record))} -->`
  const around = withoutRecord(description)
  const text = around === '' ? block : `${block}\n${around}`
  if (text.length > DESCRIPTION_LIMIT) {
    throw new CmuxError('invalid', `the container's description would be longer than ${DESCRIPTION_LIMIT} characters`, {
      hint: 'Give less metadata, or shorten the notes of the container.',
    })
  }
  return text
}

/** How many characters of the description's limit `value` takes up as a part of a record: what is escaped counts as it is written. */
export const writtenLength = (value: unknown): number => commentSafe(JSON.stringify(value)).length

/** The description as others wrote it. */
export const withoutRecord = (description: string): string => description.replace(BLOCK, '').replace(/^\n+|\n+$/g, '')

/** The record in a description; undefined when there is none, more than one, or one that is not as we write it. */
export function recordIn(description: string | undefined): PoolRecord | undefined {
  const [found, second] = [...(description ?? '').matchAll(BLOCK)]
  if (found === undefined || second !== undefined) return undefined
  try {
    const parsed = RECORD.safeParse(JSON.parse(found[1] ?? ''))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}

function headline({ pool, template, state, claim }: PoolRecord): string {
  const whom = claim === undefined ? '' : ` by ${claim.instanceId}`
  return `cmux-pve pool ${pool}: ${state}${whom}, of template ${template}. Do not edit what follows.`
}

/** Two hyphens would end the comment. Inside of JSON they only occur in texts, where one can be written as an escape. */
const commentSafe = (json: string): string => json.replace(/-(?=-)/g, '\\u002d').replaceAll('>', '\\u003e')

const vmid = z.pipe(
  z.number().check(z.refine((value: number) => isVmid(value))),
  z.transform((value: number): Vmid => value as Vmid),
)
const seconds = z.number().check(z.nonnegative())
const claim = z.strictObject({
  instanceId: z.string().check(z.minLength(1)),
  id: z.string().check(z.minLength(1)),
  request: z.string(),
  at: seconds,
  readySince: z.exactOptional(seconds),
  expires: z.exactOptional(seconds),
  metadata: z.record(z.string(), z.string()),
  supersedes: z.exactOptional(z.array(z.string())),
  unfinished: z.exactOptional(z.literal(true)),
})

const RECORD: z.ZodMiniType<PoolRecord> = z
  .strictObject({
    version: z.literal(1),
    pool: z.string().check(z.minLength(1)),
    vmid,
    template: vmid,
    revision: z.string(),
    state: z.enum(['filling', 'ready', 'claimed', 'releasing', 'quarantined']),
    generation: z.int().check(z.positive()),
    tier: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('stopped') }),
      z.strictObject({ kind: z.literal('hot'), startedAt: seconds }),
    ]),
    since: seconds,
    owner: z.string(),
    pristine: z.exactOptional(z.string()),
    claim: z.exactOptional(claim),
    reason: z.exactOptional(z.string()),
    destroy: z.exactOptional(z.literal(true)),
  })
  .check(z.refine((record) => (record.claim !== undefined) === (record.state === 'claimed')))
