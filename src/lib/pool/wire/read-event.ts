import { toVmid } from '../../pve/vmid.js'
import type { PoolEvent } from '../pool.js'
import * as answers from './answers.js'
import { checked, readAlarm, readAllocation } from './read.js'

/** An event as the stream tells it, in the words of the library; undefined: of a kind that a newer daemon knows and this library does not. */
export function readEvent(kind: string, value: unknown): PoolEvent | undefined {
  switch (kind) {
    case 'state': {
      const { vmid, template_vmid, from, to } = checked(answers.stateEvent, value)
      const state = { kind, vmid: toVmid(vmid), template: toVmid(template_vmid), to } as const
      return from === null ? state : { ...state, from }
    }
    case 'allocated':
      return { kind, allocation: readAllocation(value), requestId: checked(answers.requested, value).request_id }
    case 'filled': {
      const { vmid, template_vmid, milliseconds } = checked(answers.filledEvent, value)
      return { kind, vmid: toVmid(vmid), template: toVmid(template_vmid), milliseconds }
    }
    case 'lock-met': {
      const { vmid, word } = checked(answers.lockEvent, value)
      return { kind, vmid: toVmid(vmid), word }
    }
    case 'retry':
      return { kind, ...checked(answers.retryEvent, value) }
    case 'alarm':
      return { kind, alarm: readAlarm(checked(answers.alarm, value)) }
    default:
      return undefined
  }
}
