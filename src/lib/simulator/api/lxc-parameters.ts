import type { ObjectSchema } from '../schema/schema.js'
import { die } from './api-error.js'
import type { CallContext } from './call-context.js'
import type { Parameters } from './method.js'

/** Parameters that are part of the path. */
export const NODE: ObjectSchema = { node: { type: 'string', format: 'pve-node' } }
export const VMID = { type: 'integer', format: 'pve-vmid', minimum: 100, maximum: 999_999_999 } as const
export const CONTAINER: ObjectSchema = { ...NODE, vmid: VMID }
export const SNAPSHOT: ObjectSchema = {
  ...CONTAINER,
  snapname: { type: 'string', format: 'pve-configid', maxLength: 40 },
}

export const DIGEST = { type: 'string', optional: true, maxLength: 40 } as const
export const FLAG = { type: 'boolean', optional: true, default: 0 } as const

/** A parameter that is text, or undefined when it was not given. */
export function text(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name]
  return value === undefined ? undefined : String(value)
}

/** A parameter that is a number, or undefined when it was not given. */
export function number(parameters: Parameters, name: string): number | undefined {
  const value = parameters[name]
  return value === undefined ? undefined : Number(value)
}

/** A boolean that is off unless given. */
export function flag(parameters: Parameters, name: string): boolean {
  return parameters[name] === 1
}

/** The container of the path. */
export function vmidOf(parameters: Parameters): number {
  return Number(parameters['vmid'])
}

const USUAL_MTU = 1500

/** The MTU of a bridge of the node. 500 `bridge 'x' does not exist`. */
export const bridgeMtu =
  ({ cluster }: CallContext) =>
  (bridge: string): number =>
    cluster.bridges.includes(bridge) ? USUAL_MTU : die(`bridge '${bridge}' does not exist`)
