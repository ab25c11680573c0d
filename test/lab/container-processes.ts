import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { world } from './in-lab.js'
import { findPayload } from './lxc/payload.js'

/**
 * Command lines of everything that runs in a container, whoever started it and whatever session it made for itself, and of every
 * lxc-attach of the node. Sorted.
 */
export function containerProcesses(vmid: number): readonly string[] {
  const payload = findPayload(join('/sys/fs/cgroup', world().group), vmid)
  if (payload === undefined) throw new Error(`container ${vmid} does not run`)
  const own = namespaceOf(String(payload.init))
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((id) => ({ inside: namespaceOf(id) === own, line: commandLine(id) }))
    .filter(({ inside, line }) => inside || line.startsWith('lxc-attach '))
    .map(({ line }) => line)
    .filter(Boolean)
    .toSorted()
}

function namespaceOf(processId: string): string | undefined {
  try {
    return readlinkSync(`/proc/${processId}/ns/pid`)
  } catch {
    return undefined
  }
}

/** Empty for a process that has ended. */
function commandLine(processId: string): string {
  try {
    return readFileSync(`/proc/${processId}/cmdline`, 'utf8').replaceAll('\0', ' ').trimEnd()
  } catch {
    return ''
  }
}
