import { CmuxError, type ErrorCode, exitCodeOf } from '../errors.js'
import type { Absence } from './observe/templates.js'

/** Why nothing more of a template can come, as far as was observed last: in words for callers and operators alike. */
export interface Hindrance {
  readonly message: string
  /** What somebody has to do about it: a command, or in words. */
  readonly remedy: string
  /** What lies behind it, where somebody has to put that right: the pool is not allowed to, or the template is not there. */
  readonly because?: Because
}

export type Because = Extract<ErrorCode, 'unauthorised' | 'forbidden' | 'not-found'>

/** A template that clones cannot be made of. Pure. */
export const templateMissing = (template: number, absence: Absence): Hindrance =>
  absence === 'absent'
    ? {
        message: `Template ${template} does not exist, or the pool's token may not see it`,
        remedy: `Make it (cmux-pve template create --vmid ${template} …), or take it out of POOL_TEMPLATES or pool.yaml`,
        because: 'not-found',
      }
    : {
        message: `Container ${template} is no template`,
        remedy: `cmux-pve template convert ${template}`,
        because: 'not-found',
      }

/** For a caller whom nothing can be made for: not now, and with the exit code of what lies behind it. */
export const hindered = ({ message, remedy, because }: Hindrance, data?: object): CmuxError =>
  new CmuxError('unavailable', `nothing can be handed out: ${message}`, {
    hint: remedy,
    data: because === undefined ? data : { ...data, because },
    ...(because !== undefined && { exitCode: exitCodeOf(because) }),
  })

/** Proxmox does not answer. `trouble`: what was heard instead. */
export const unreachable = (trouble: string): Hindrance => ({
  message: `Proxmox cannot be reached: ${trouble}`,
  remedy: 'See whether its API answers (cmux-pve test-connection); what waits goes on by itself then.',
})

export const PAUSED: Hindrance = {
  message: 'the pool is paused: nothing is filled or recycled',
  remedy: 'cmux-pve pool resume',
}
