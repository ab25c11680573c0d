import { createHash } from 'node:crypto'
import { die } from '../api/api-error.js'
import {
  type ContainerConfig,
  type LxcLine,
  NO_PENDING,
  type OptionValue,
  type SnapshotSection,
} from './container-config.js'
import { decodeText, encodeText, normaliseDescription } from './description.js'
import { optionSchema } from './options.js'

const ENVIRONMENT_LINE = 'lxc.environment.runtime'
const PENDING_SECTION = 'pve:pending'

/** Digests of configurations, which are immutable: a configuration is read far more often than it is written. */
const digests = new WeakMap<ContainerConfig, string>()

/**
 * The raw text of the configuration file (PVE-FACTS 4.1).
 * Throws a 500 ApiError on a value with a newline.
 */
export function formatConfigFile(config: ContainerConfig): string {
  const snapshots = Object.entries(config.snapshots).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    formatSection(config),
    formatPending(config),
    ...snapshots.map(([name, section]) => `\n[${name}]\n${formatSection(section)}`),
  ].join('')
}

/** Reads the text back; lines that are no configuration are left out, as Proxmox only warns about them. */
export function parseConfigFile(text: string): ContainerConfig {
  const parts = splitSections(text)
  const pendingLines = parts.named.get(PENDING_SECTION)
  const snapshots = [...parts.named].filter(([name]) => name !== PENDING_SECTION)
  return {
    ...parseSection(parts.main),
    pending: pendingLines === undefined ? NO_PENDING : parsePending(pendingLines),
    snapshots: Object.fromEntries(snapshots.map(([name, lines]) => [name, parseSection(lines)])),
  }
}

/** SHA-1 of the whole raw file, in hexadecimal. */
export function configDigest(config: ContainerConfig): string {
  const known = digests.get(config)
  if (known !== undefined) return known
  const digest = createHash('sha1').update(formatConfigFile(config)).digest('hex')
  digests.set(config, digest)
  return digest
}

/** What a reader finds after the configuration was written: quirks of the file format show, such as empty tags that become a space. */
export function asWritten(config: ContainerConfig): ContainerConfig {
  return parseConfigFile(formatConfigFile(config))
}

function formatSection(section: SnapshotSection): string {
  const description = (section.description ?? '').replace(/\n$/, '')
  const { env, ...options } = section.options
  return [
    ...(description === '' ? [] : description.split('\n').map((line) => `#${encodeText(line)}`)),
    ...optionLines(options),
    ...(env === undefined
      ? []
      : String(env)
          .split('\0')
          .map((entry) => `${ENVIRONMENT_LINE}: ${entry}`)),
    ...section.lxc.map(([key, value]) => `${key}: ${value}`),
  ]
    .map((line) => `${line}\n`)
    .join('')
}

function formatPending({ pending }: ContainerConfig): string {
  const deletions = Object.entries(pending.delete)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, force]) => (force === 2 ? `!${name}` : name))
  const entries = deletions.length === 0 ? pending.set : { ...pending.set, delete: deletions.join(',') }
  const lines = optionLines(entries)
  return lines.length === 0 ? '' : `\n[${PENDING_SECTION}]\n${lines.join('\n')}\n`
}

function optionLines(options: Readonly<Record<string, OptionValue>>): string[] {
  return Object.keys(options)
    .sort()
    .map((name) => {
      const value = String(options[name])
      if (value.includes('\n')) die(`detected invalid newline inside property '${name}'`)
      return `${name}: ${value}`
    })
}

interface SectionLines {
  readonly main: readonly string[]
  readonly named: ReadonlyMap<string, readonly string[]>
}

function splitSections(text: string): SectionLines {
  const main: string[] = []
  const named = new Map<string, string[]>()
  let lines = main
  for (const line of text.split('\n')) {
    const name = /^\[([a-z][a-z0-9_:-]+)\]\s*$/i.exec(line)?.[1]
    if (name === undefined) {
      lines.push(line)
    } else {
      lines = []
      named.set(name, lines)
    }
  }
  return { main, named }
}

function parseSection(lines: readonly string[]): SnapshotSection {
  const options: Record<string, OptionValue> = {}
  const environment: string[] = []
  const lxc: LxcLine[] = []
  let description = ''
  for (const line of lines) {
    if (line.startsWith('#')) {
      description += `${decodeText(line.slice(1))}\n`
      continue
    }
    const [, rawKey, rawValue = ''] = /^(lxc\.[\w.-]+)\s*[:=]\s*(.*?)\s*$/.exec(line) ?? []
    if (rawKey === ENVIRONMENT_LINE) environment.push(rawValue)
    else if (rawKey !== undefined) lxc.push([rawKey, rawValue])
    const [name, value] = parseOption(line) ?? []
    if (name === 'description') description += decodeText(String(value))
    else if (name !== undefined && value !== undefined) options[name] = value
  }
  if (environment.length > 0) options['env'] = environment.join('\0')
  const text = normaliseDescription(description)
  return text === undefined ? { options, lxc } : { options, lxc, description: text }
}

function parsePending(lines: readonly string[]): ContainerConfig['pending'] {
  const set: Record<string, OptionValue> = {}
  const deletions: Record<string, 1 | 2> = {}
  for (const line of lines) {
    const listed = /^delete:\s*(.*?)\s*$/.exec(line)?.[1]
    for (const entry of listed?.split(/[,;\s]+/) ?? []) {
      if (entry !== '') deletions[entry.replace(/^!/, '')] = entry.startsWith('!') ? 2 : 1
    }
    const [name, value] = listed === undefined ? (parseOption(line) ?? []) : []
    if (name !== undefined && value !== undefined) set[name] = value
  }
  return { set, delete: deletions }
}

/** A `key: value` line. Without anything behind the colon, the blank itself is the value: PVE-FACTS 4.1 on empty tags. */
function parseOption(line: string): readonly [string, OptionValue] | undefined {
  const [, name = '', text = ''] = /^([a-z][a-z_]*\d*):\s*(.+?)\s*$/.exec(line) ?? []
  const schema = optionSchema(name)
  if (schema === undefined) return undefined
  if (schema.type !== 'integer' && schema.type !== 'boolean') return [name, text]
  return /^[+-]?\d+$/.test(text) ? [name, Number(text)] : undefined
}
