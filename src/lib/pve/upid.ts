import { CmuxError } from '../errors.js'

declare const upidBrand: unique symbol

/** The id of a task. It names the node that runs it (PVE-FACTS 2.1). */
export type Upid = string & { readonly [upidBrand]: true }

/** What a UPID says about its task. */
export interface UpidParts {
  readonly node: string
  readonly pid: number
  /** Start of the process, in clock ticks since the node booted: orders the tasks of one boot. */
  readonly pstart: number
  /** Seconds since the epoch, by the node's clock. */
  readonly starttime: number
  readonly type: string
  /** Usually a VMID; may be empty. */
  readonly id: string
  /** `user@realm`, or the full token id `user@realm!name`. */
  readonly user: string
}

const UPID = /^UPID:([^:\s/]+):([0-9A-Fa-f]{8}):([0-9A-Fa-f]{8,9}):([0-9A-Fa-f]{8}):([^:\s/]+):([^:\s/]*):([^:\s/]+):$/
const SYNTHETIC_USER = 'dry-run@cmux-pve'

export const isUpid = (text: string): text is Upid => UPID.test(text)

/** The UPID that `text` is. Throws `invalid` when it is none. */
export function toUpid(text: string): Upid {
  if (!isUpid(text)) throw new CmuxError('invalid', `'${text}' is not a task id (UPID:…)`)
  return text
}

/** Takes a UPID apart. Throws `invalid` when it is none. */
export function parseUpid(upid: string): UpidParts {
  const [, node, pid, pstart, starttime, type, id, user] = UPID.exec(toUpid(upid)) ?? []
  return {
    node: node ?? '',
    pid: Number.parseInt(pid ?? '', 16),
    pstart: Number.parseInt(pstart ?? '', 16),
    starttime: Number.parseInt(starttime ?? '', 16),
    type: type ?? '',
    id: id ?? '',
    user: user ?? '',
  }
}

/** The UPID that a dry run answers with. Waiting for it ends at once. */
export const syntheticUpid = (node: string, type: string, id: string | number): Upid =>
  toUpid(`UPID:${node}:00000000:00000000:00000000:${type}:${id}:${SYNTHETIC_USER}:`)

export const isSyntheticUpid = (upid: string): boolean => isUpid(upid) && parseUpid(upid).user === SYNTHETIC_USER
