import { readFile } from 'node:fs/promises'
import { CmuxError } from '../errors.js'
import type { AllocateOptions } from '../pool/client.js'
import { toVmid, type Vmid } from '../pve/vmid.js'

export interface AllocateFlags {
  readonly 'instance-id'?: string | undefined
  readonly start: boolean
  /** Milliseconds. */
  readonly ttl?: number | undefined
  readonly metadata?: readonly string[] | undefined
  readonly variable?: readonly string[] | undefined
  readonly file?: readonly string[] | undefined
  readonly timeout: number
}

/** What the words before and behind `--`, and the flags, of `pool allocate` mean. Errors: `usage`, `not-found` for a file that is not there. */
export async function allocateRequest(
  words: readonly string[],
  command: readonly string[],
  flags: AllocateFlags,
  defaultTemplate: number,
): Promise<{ readonly template: Vmid; readonly options: AllocateOptions & { readonly start: boolean } }> {
  const [first, ...others] = words
  const wrong = first !== undefined && !/^\d+$/.test(first) ? first : others[0]
  if (wrong !== undefined) {
    throw new CmuxError('usage', `'${wrong}' is not the VMID of a template`, {
      hint: 'One is meant at most. What is to be started in the container follows `--`.',
    })
  }
  const files = await Promise.all((flags.file ?? []).map(injectedFile))
  const optional = {
    instanceId: flags['instance-id'],
    ttlSeconds: flags.ttl === undefined ? undefined : Math.ceil(flags.ttl / 1000),
    metadata: pairs(flags.metadata, '--metadata'),
    environment: pairs(flags.variable, '--variable'),
    files: files.length > 0 ? files : undefined,
    command: command.length > 0 ? command : undefined,
  }
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return {
    template: toVmid(first ?? defaultTemplate),
    options: { ...given, start: flags.start, timeout: flags.timeout },
  }
}

function pairs(texts: readonly string[] | undefined, flag: string): Readonly<Record<string, string>> | undefined {
  if (texts === undefined) return undefined
  return Object.fromEntries(
    texts.map((text) => {
      const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
      if (name !== undefined && value !== undefined) return [name, value]
      throw new CmuxError('usage', `'${text}' is not a value for ${flag}: write NAME=VALUE`)
    }),
  )
}

async function injectedFile(text: string) {
  const [, local, path] = /^(.+):(\/.*)$/s.exec(text) ?? []
  if (local === undefined || path === undefined) {
    throw new CmuxError('usage', `'${text}' is not a value for --file: write LOCAL:/PATH/IN/IT`)
  }
  try {
    return { path, content: await readFile(local) }
  } catch (cause) {
    throw new CmuxError('not-found', `${local} cannot be read`, { cause })
  }
}
