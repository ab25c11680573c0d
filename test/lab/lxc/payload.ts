import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A running container as the kernel shows it: the cgroup that LXC makes for its processes. */
export interface Payload {
  readonly folder: string
  /** Process id, on the node, of the container's init. */
  readonly init: number
}

/** What runs as container `vmid` in the cgroup `group`, whoever started it. */
export function findPayload(group: string, vmid: number): Payload | undefined {
  // A cgroup of the same name that is still being removed makes LXC add a number.
  const name = new RegExp(`^lxc\\.payload\\.${vmid}(-\\d+)?$`)
  for (const entry of names(group).filter((entry) => name.test(entry))) {
    const folder = join(group, entry)
    // systemd moves itself into a cgroup of its own.
    const processes = ['.', 'init.scope'].flatMap((inner) => numbers(join(folder, inner, 'cgroup.procs')))
    const init = processes.find(isInit)
    if (init !== undefined) return { folder, init }
  }
  return undefined
}

export interface PayloadUsage {
  /** Bytes. */
  readonly memory: number
  /** Microseconds of processor time since it started. */
  readonly cpu: number
}

export function payloadUsage({ folder }: Payload): PayloadUsage {
  const cpu = /^usage_usec (\d+)$/m.exec(text(join(folder, 'cpu.stat')))
  const current = text(join(folder, 'memory.current'))
  return {
    memory: current === '' ? residentMemory(folder) : Number(current),
    cpu: Number(cpu?.[1] ?? 0),
  }
}

/** Where the kernel has no memory controller for this hierarchy: what the processes hold. */
function residentMemory(folder: string): number {
  const kibibytes = numbers(join(folder, 'cgroup.procs')).map((processId) =>
    Number(/^VmRSS:\s+(\d+) kB$/m.exec(text(`/proc/${processId}/status`))?.[1] ?? 0),
  )
  return kibibytes.reduce((sum, value) => sum + value, 0) * 1024
}

/** Process 1 of its own process namespace. */
function isInit(processId: number): boolean {
  return /^NSpid:.*\t1$/m.test(text(`/proc/${processId}/status`))
}

const numbers = (file: string): readonly number[] => text(file).split('\n').filter(Boolean).map(Number)

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

/** Empty for a file that has gone with its process. */
function text(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
