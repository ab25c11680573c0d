import { CmuxError } from '../errors.js'
import { isVmid, type Vmid } from '../pve/vmid.js'

/** The template that a command line names. Error: `usage`. */
export function templateVmid(text: string | number): Vmid {
  const number = /^[1-9]\d{2,8}$/.test(String(text)) ? Number(text) : Number.NaN
  if (isVmid(number)) return number
  throw new CmuxError('usage', `'${text}' is not the VMID of a template: a whole number from 100 to 999999999`)
}
