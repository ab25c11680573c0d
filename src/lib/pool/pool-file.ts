import * as z from 'zod/mini'
import type { ReadFile } from '../settings/files.js'
import { problemsOf } from '../template/recipe/problems.js'
import type { Probe, TemplatePolicy } from './settings.js'

export interface FileDefaults extends TemplatePolicy {
  /** POOL_MAX_SIZE, where it was set: a target does not take that with it. */
  readonly fixedMax: number | undefined
}

/**
 * Reads the file that says how the containers of each template are kept: `templates`, by VMID, and what of the defaults is different. Its mistakes are
 * added to `problems`, each with file and line.
 */
export async function readPoolFile(
  path: string,
  readFile: ReadFile,
  { fixedMax, ...defaults }: FileDefaults,
  problems: string[],
): Promise<ReadonlyMap<number, TemplatePolicy> | undefined> {
  const text = readText(path, readFile, problems)
  if (text === undefined) return undefined
  const yaml = await import('yaml')
  const lines = new yaml.LineCounter()
  const document = yaml.parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    for (const { message, pos } of document.errors)
      problems.push(`${path}, line ${lines.linePos(pos[0]).line}: ${message}`)
    return undefined
  }
  const content = unfold(() => document.toJS(), path, problems)
  if (content === undefined) return undefined
  const result = FILE.safeParse(content.value)
  if (!result.success) {
    for (const problem of problemsOf(result.error.issues.map(withNumbers), document, lines))
      problems.push(`${path}, ${problem}`)
    return undefined
  }
  const templates = new Map<number, TemplatePolicy>()
  for (const [vmid, entry] of Object.entries(result.data.templates)) {
    const policy = complete(entry ?? {}, defaults)
    const found =
      entry?.max === undefined ? [...contradictions(policy), ...tooMany(policy, fixedMax)] : contradictions(policy)
    for (const problem of found) problems.push(`${path}, template ${vmid}: ${problem}`)
    templates.set(Number(vmid), policy)
  }
  return templates
}

/** Aliases that refer to nothing, or that would unfold to more than any file needs, are found only now. */
function unfold(read: () => unknown, path: string, problems: string[]): { readonly value: unknown } | undefined {
  try {
    return { value: read() }
  } catch (error) {
    problems.push(`${path}: its aliases cannot be followed: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** YAML reads a VMID as a number, and finds it as one only. */
const withNumbers = <T extends { readonly path: PropertyKey[] }>(issue: T): T => ({
  ...issue,
  path: issue.path.map((key) => (typeof key === 'string' && /^\d+$/.test(key) ? Number(key) : key)),
})

function readText(path: string, readFile: ReadFile, problems: string[]): string | undefined {
  try {
    const file = readFile(path)
    if (file === undefined) problems.push(`POOL_CONFIG: there is no file ${path}`)
    return file?.text
  } catch (error) {
    problems.push(`POOL_CONFIG: ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

const size = z.int('Write a whole number').check(z.nonnegative('Write a number from 0 on'))
const words = z
  .array(z.string('Write words').check(z.minLength(1, 'Write words')), 'Write a list')
  .check(z.minLength(1, 'Name at least one'))

const PROBES = 'Write address, {tcp: PORT} or {command: [WORD, …]}'
const probe: z.ZodMiniType<Probe> = z.union(
  [
    z.pipe(
      z.literal('address'),
      z.transform((): Probe => ({ kind: 'address' })),
    ),
    z.pipe(
      z.strictObject({ tcp: z.int().check(z.minimum(1), z.maximum(65_535)) }),
      z.transform(({ tcp }): Probe => ({ kind: 'tcp', port: tcp })),
    ),
    z.pipe(
      z.strictObject({ command: words }),
      z.transform(({ command }): Probe => ({ kind: 'command', argv: command })),
    ),
  ],
  PROBES,
)

const ENTRY = z.strictObject({
  min: z.exactOptional(size),
  target: z.exactOptional(size),
  max: z.exactOptional(size),
  hot: z.exactOptional(size),
  release: z.exactOptional(z.enum(['rollback', 'destroy', 'reuse'], 'Write one of rollback, destroy, reuse')),
  nodes: z.exactOptional(words),
  probe: z.exactOptional(probe),
})

const FILE = z.strictObject({
  templates: z.record(
    z.string().check(z.regex(/^[1-9]\d{2,8}$/, 'The VMID of a template is a whole number from 100 on')),
    z.nullable(ENTRY),
  ),
})

/** What is not said fits what is: a target of 20 needs a maximum of 20 at least. */
function complete(entry: z.output<typeof ENTRY>, defaults: TemplatePolicy): TemplatePolicy {
  const target = entry.target ?? Math.max(entry.min ?? 0, Math.min(defaults.target, entry.max ?? defaults.target))
  return {
    ...defaults,
    ...entry,
    target,
    min: entry.min ?? Math.min(defaults.min, target),
    max: entry.max ?? Math.max(defaults.max, target),
    hot: entry.hot ?? Math.min(defaults.hot, target),
  }
}

const contradictions = ({ min, target, max, hot }: TemplatePolicy): readonly string[] => [
  ...(min > target ? [`min (${min}) must not be greater than target (${target})`] : []),
  ...(target > max ? [`target (${target}) must not be greater than max (${max})`] : []),
  ...(hot > target ? [`hot (${hot}) must not be greater than target (${target})`] : []),
  ...(max === 0 ? ['max must be at least 1'] : []),
]

const tooMany = ({ target }: TemplatePolicy, fixedMax: number | undefined): readonly string[] =>
  fixedMax === undefined || target <= fixedMax
    ? []
    : [`target (${target}) must not be greater than POOL_MAX_SIZE=${fixedMax}: give the template a max of its own`]
