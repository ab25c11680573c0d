import * as z from 'zod/mini'
import type { NodeVersions } from './preflight-report.js'
import { type DumpStatistics, readDumpStatistics } from './statistics.js'

/** What a checkpoint was meant to be: written to the node before the container is frozen. */
export interface CheckpointIntent {
  readonly version: 1
  readonly vmid: number
  /** Hostname at that time. */
  readonly hostname: string
  readonly node: string
  readonly name: string
  /** Seconds since the epoch. */
  readonly created: number
  /** The container ran on: its disk has changed since. */
  readonly leaveRunning: boolean
  readonly versions: NodeVersions
  /** UPIDs of the newest tasks that had started the container or rolled it back. */
  readonly tasks: readonly string[]
  /** The options of the container's configuration that its memory depends on, and the digest of the whole. */
  readonly config: { readonly digest: string; readonly options: Readonly<Record<string, string | number>> }
}

/** A process as it was inside the container. */
export interface ContainerProcess {
  /** Process ids as the container has them; the parent of init is 0. */
  readonly pid: number
  readonly parent: number
  /** At most 15 characters (`comm`). */
  readonly name: string
  /** Whole seconds since it was started. */
  readonly age: number
}

export interface ImageFile {
  readonly name: string
  /** Bytes. */
  readonly size: number
  /** 64 hex digits. */
  readonly sha256: string
}

/** All that is known of a finished checkpoint. */
export interface Manifest extends CheckpointIntent {
  readonly files: readonly ImageFile[]
  /** The sum of the files, in bytes. */
  readonly size: number
  readonly compression?: 'zstd' | 'gzip'
  /** Empty where the node cannot tell. */
  readonly processes: readonly ContainerProcess[]
  /** Absent where criu left none. */
  readonly statistics?: DumpStatistics
  /** What changes when the container's disk does, as the node saw it once the container had stopped. Absent: it cannot tell. */
  readonly disk?: string
  /** Seconds since the epoch. */
  readonly finished: number
}

const versions = z.object({ criu: z.optional(z.string()), lxc: z.optional(z.string()), kernel: z.string() })
const intentSchema = z.object({
  version: z.literal(1),
  vmid: z.int(),
  hostname: z.string(),
  node: z.string(),
  name: z.string(),
  created: z.int(),
  leaveRunning: z.boolean(),
  versions,
  tasks: z.array(z.string()),
  config: z.object({ digest: z.string(), options: z.record(z.string(), z.union([z.string(), z.number()])) }),
})
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
/** The file as a shell on the node puts it together: what may hold any character is in base64. */
const fileSchema = z.object({
  intent: intentSchema,
  finished: z.int(),
  compression: z.enum(['', 'zstd', 'gzip']),
  sha256: z.record(z.string(), sha256),
  sizes: z.record(z.string(), z.int()),
  processes: z.base64(),
  statistics: z.base64(),
  disk: z.string(),
})

/** Reads manifest.json. Undefined: it is damaged. */
export function parseManifest(text: string): Manifest | undefined {
  const parsed = fileSchema.safeParse(json(text))
  if (!parsed.success) return undefined
  const { intent, finished, compression, sha256, sizes, processes, statistics: encoded, disk } = parsed.data
  const files = Object.entries(sha256).map(([name, sum]) => ({ name, size: sizes[name] ?? 0, sha256: sum }))
  const statistics = readDumpStatistics(Buffer.from(encoded, 'base64'))
  return {
    ...intentOf(intent),
    finished,
    files,
    size: files.reduce((sum, { size }) => sum + size, 0),
    processes: parseProcesses(Buffer.from(processes, 'base64').toString()),
    ...(compression !== '' && { compression }),
    ...(statistics !== undefined && { statistics }),
    ...(disk !== '' && { disk }),
  }
}

/** Reads intent.json. Undefined: it is damaged. */
export function parseIntent(text: string): CheckpointIntent | undefined {
  const parsed = intentSchema.safeParse(json(text))
  return parsed.success ? intentOf(parsed.data) : undefined
}

/** What the node's kernel counts the start of processes in, per second (USER_HZ). */
const TICKS = 100

/**
 * Processes from what the node's kernel shows: its uptime in the first line, then lines of their `status` and `stat` files, each behind
 * its file's name. The ids there are those of the node, and the last number of `NSpid` is the container's own.
 */
export function parseProcesses(text: string): readonly ContainerProcess[] {
  const [uptime = '', ...lines] = text.split('\n')
  const now = Number(uptime.split(' ')[0])
  const found = new Map<string, { name: string; parent: string; pid: number; age: number }>()
  for (const line of lines) {
    const [, id = '', file, content = ''] = /^\/proc\/(\d+)\/(status|stat):(.*)$/.exec(line) ?? []
    const entry = found.get(id) ?? { name: '', parent: '', pid: 0, age: 0 }
    if (file === 'stat') entry.age = Math.max(0, Math.round(now - startOf(content)))
    else if (file === 'status') {
      const [field, value = ''] = content.split(/:\s*/, 2)
      if (field === 'Name') entry.name = value
      if (field === 'PPid') entry.parent = value
      if (field === 'NSpid') entry.pid = Number(value.split(/\s+/).at(-1))
    } else continue
    found.set(id, entry)
  }
  return [...found.values()]
    .filter(({ pid }) => pid > 0)
    .map(({ pid, parent, name, age }) => ({ pid, parent: found.get(parent)?.pid ?? 0, name, age }))
    .toSorted((a, b) => a.pid - b.pid)
}

/** Seconds after the boot; field 22 of /proc/PID/stat, whose second field is a name that may hold anything. */
const startOf = (stat: string): number => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]) / TICKS

/** `undefined` is not a value of an optional property (exactOptionalPropertyTypes). */
function intentOf({ versions: { kernel, criu, lxc }, ...rest }: z.infer<typeof intentSchema>): CheckpointIntent {
  return { ...rest, versions: { kernel, ...(criu !== undefined && { criu }), ...(lxc !== undefined && { lxc }) } }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
