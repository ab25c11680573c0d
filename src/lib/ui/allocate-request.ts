import { readFile } from 'node:fs/promises'
import { CmuxError, isCmuxError } from '../errors.js'
import type { AllocateOptions } from '../pool/client.js'
import type { Vmid } from '../pve/vmid.js'
import { templateVmid } from './template-argument.js'

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

/** What the words before and behind `--`, and the flags, of `pool allocate` mean. Error: `usage`, also for a file that cannot be read. */
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
    template: templateVmid(first ?? defaultTemplate),
    options: { ...given, start: flags.start, timeout: flags.timeout },
  }
}

/** What a dry run shows of the request: values for the environment and contents of files may be secret. */
export function shownParameters(template: Vmid, options: AllocateOptions): Readonly<Record<string, unknown>> {
  const { instanceId, start, ttlSeconds, timeout, metadata, environment, files, command } = options
  const shown = {
    template_vmid: template,
    instance_id: instanceId,
    start,
    ttl_seconds: ttlSeconds,
    timeout_seconds: timeout === undefined ? undefined : Math.max(1, Math.floor(timeout / 1000)),
    metadata: metadata && Object.entries(metadata).map(([name, value]) => `${name}=${value}`),
    environment: environment && Object.keys(environment),
    files: files?.map(({ path }) => path),
    command,
  }
  return Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined))
}

/** What the daemon says of a field of the request, said of the flag that the field came from. */
export function inFlags(error: unknown): unknown {
  if (!isCmuxError(error, 'invalid')) return error
  const { code, message, hint, data, exitCode } = error
  const said = message.replace(/(^|; )body\.(\w+)/g, (whole, before: string, field: string) => {
    const flag = FLAGS[field]
    return flag === undefined ? whole : `${before}${flag}`
  })
  return new CmuxError(code, said, { data, exitCode, cause: error, ...(hint !== undefined && { hint }) })
}

const FLAGS: Readonly<Record<string, string>> = {
  template_vmid: 'TEMPLATE',
  instance_id: '--instance-id',
  ttl_seconds: '--ttl',
  timeout_seconds: '--timeout',
  metadata: '--metadata',
  environment: '--variable',
  files: '--file',
  command: 'COMMAND',
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
    const reason = isMissing(cause) ? 'there is no such file' : messageOf(cause)
    throw new CmuxError('usage', `--file: ${local} cannot be read: ${reason}`, {
      hint: 'What stands before the colon is a file of this machine that you may read.',
      cause,
    })
  }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
