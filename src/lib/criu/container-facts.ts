import type { ContainerConfig, ContainerRef } from '../pve/client.js'
import { type Sections, said } from './inspection-script.js'

/** A process of a container. Process ids are those on the node unless something else is said. */
export interface LiveProcess {
  readonly pid: number
  readonly parent: number
  /** As the container itself numbers it. */
  readonly inside: number
  readonly name: string
  /** The leader of its session is none of the container's. */
  readonly foreignSession: boolean
  /** Bytes of memory that an image of it holds. */
  readonly memory: number
}

/** What a container is made of, as far as criu minds. */
export interface ContainerFacts {
  readonly ct: ContainerRef
  readonly running: boolean
  /** With the changes that wait for the next start. */
  readonly config: ContainerConfig
  /** The configuration that LXC itself was started with, or would be: keys as they are, repeated ones as a list. */
  readonly lxc: ReadonlyMap<string, readonly string[]> | undefined
  /** Absent when it does not run. */
  readonly live?: LiveFacts
}

export interface LiveFacts {
  /** Process id of its init. */
  readonly init: number
  /** Path of its program, in the container. */
  readonly program: string
  /** Of AppArmor: `unconfined`, or the profile. */
  readonly label: string
  readonly mounts: readonly Mount[]
  readonly sockets: readonly Socket[]
  readonly processes: readonly LiveProcess[]
  /** Devices and anonymous inodes that processes hold open. */
  readonly descriptors: readonly { readonly pid: number; readonly target: string }[]
}

export interface Mount {
  readonly point: string
  readonly type: string
}

export interface Socket {
  readonly kind: 'tcp' | 'udp' | 'raw' | 'packet'
  /** Of a TCP connection that is open to somebody. */
  readonly established: boolean
}

export function containerFacts(
  ct: ContainerRef,
  state: { readonly running: boolean; readonly config: ContainerConfig },
  sections: Sections | undefined,
): ContainerFacts {
  const live = sections === undefined ? undefined : liveFacts(sections)
  return {
    ct,
    ...state,
    lxc: sections === undefined ? undefined : lxcConfig(sections),
    ...(live !== undefined && { live }),
  }
}

function lxcConfig(sections: Sections): ContainerFacts['lxc'] {
  const section = sections.get('config')
  if (section?.status !== 0) return undefined
  const keys = new Map<string, readonly string[]>()
  for (const line of section.lines) {
    const [, key, value] = /^\s*(lxc\.[^\s=]+)\s*=\s*(.*?)\s*$/.exec(line) ?? []
    if (key !== undefined && value !== undefined) keys.set(key, [...(keys.get(key) ?? []), value])
  }
  return keys
}

function liveFacts(sections: Sections): LiveFacts | undefined {
  const init = Number(said(sections, 'init'))
  if (!Number.isSafeInteger(init) || init <= 0 || !sections.has('processes')) return undefined
  const lines = (name: string) => sections.get(name)?.lines ?? []
  return {
    init,
    program: said(sections, 'program') ?? '',
    label: said(sections, 'label') ?? 'unconfined',
    mounts: lines('mounts').flatMap(readMount),
    sockets: lines('sockets').flatMap(readSocket),
    processes: readProcesses(lines('processes')),
    descriptors: lines('descriptors').flatMap((line) => {
      const [, pid, target] = /^(\d+) (.+)$/.exec(line) ?? []
      return target === undefined ? [] : [{ pid: Number(pid), target }]
    }),
  }
}

/** A line of mountinfo: proc(5). */
function readMount(line: string): readonly Mount[] {
  const [place = '', source = ''] = line.split(' - ')
  const [point, type] = [place.split(' ')[4], source.split(' ')[0]]
  return point === undefined || type === undefined || type === '' ? [] : [{ point, type }]
}

const ESTABLISHED = '01'

/** `tcp` and the rest of a line of /proc/net/tcp: number, addresses, state. */
function readSocket(line: string): readonly Socket[] {
  const [table = '', , , , state] = line.trim().split(/\s+/)
  const kind = (['tcp', 'udp', 'raw', 'packet'] as const).find((word) => table.startsWith(word))
  return kind === undefined ? [] : [{ kind, established: kind === 'tcp' && state === ESTABLISHED }]
}

/** Lines of several /proc/PID/status, one after the other; each begins with the name. */
function readProcesses(lines: readonly string[]): readonly LiveProcess[] {
  const blocks: Map<string, string>[] = []
  for (const line of lines) {
    const [, key = '', value = ''] = /^(\w+):\s*(.*)$/.exec(line) ?? []
    if (key === 'Name') blocks.push(new Map())
    blocks.at(-1)?.set(key, value)
  }
  return blocks.flatMap((block) => {
    const number = (key: string) => Number.parseInt(block.get(key) ?? '', 10)
    const [pid, parent] = [number('Pid'), number('PPid')]
    const innermost = (key: string) => Number.parseInt((block.get(key) ?? '').split(/\s+/).at(-1) ?? '', 10)
    const inside = innermost('NSpid')
    // One that has just ended, or a zombie's remains.
    if (![pid, parent, inside].every(Number.isSafeInteger)) return []
    const memory = (number('RssAnon') || 0) + (number('RssShmem') || 0)
    return [
      {
        pid,
        parent,
        inside,
        name: block.get('Name') ?? '',
        foreignSession: innermost('NSsid') === 0,
        memory: memory * 1024,
      },
    ]
  })
}

/** What the images of a container will about take: the memory of its processes. Bytes. */
export const memoryOf = (live: LiveFacts | undefined): number =>
  (live?.processes ?? []).reduce((sum, { memory }) => sum + memory, 0)
