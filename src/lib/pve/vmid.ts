import { CmuxError } from '../errors.js'

declare const vmidBrand: unique symbol

/** The number of a container, unique in its cluster: 100 to 999999999 (PVE-FACTS 1.7). */
export type Vmid = number & { readonly [vmidBrand]: true }

/** Whether `value` is a number that Proxmox takes as a VMID. */
export const isVmid = (value: number): value is Vmid => Number.isInteger(value) && value >= 100 && value <= 999_999_999

/** The VMID that `value` stands for. Throws `invalid` for anything Proxmox would refuse. */
export function toVmid(value: number | string): Vmid {
  const number = typeof value === 'number' ? value : /^[1-9]\d{2,8}$/.test(value) ? Number(value) : Number.NaN
  if (!isVmid(number)) throw new CmuxError('invalid', `'${value}' is not a VMID: a whole number from 100 to 999999999`)
  return number
}
