import type { Document, LineCounter } from 'yaml'
import type * as z from 'zod/mini'

type Path = readonly PropertyKey[]

/** A recipe's mistakes, one line each: `line 12: step 'docker', timeout: Write it like 90s, …`. */
export function problemsOf(
  issues: readonly z.core.$ZodIssue[],
  document: Document.Parsed,
  lines: LineCounter,
): readonly string[] {
  const content: unknown = document.toJS()
  return issues.flatMap((issue) =>
    messagesOf(issue, content).map(({ path, message }) => {
      const line = lineOf(path, document, lines)
      return [...(line === undefined ? [] : [`line ${line}`]), ...placeOf(path, content), message].join(': ')
    }),
  )
}

function messagesOf(issue: z.core.$ZodIssue, content: unknown): readonly { path: Path; message: string }[] {
  const { path } = issue
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'There is no such field' }))
  }
  if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? issue.message }]
  if (valueAt(content, path) === undefined) return [{ path, message: 'It is missing' }]
  const isMapping = issue.code === 'invalid_type' && issue.expected === 'object'
  return [{ path, message: isMapping ? 'It is a mapping of fields' : issue.message }]
}

/** `step 'docker', timeout` for ['steps', 1, 'timeout']. */
function placeOf(path: Path, content: unknown): readonly string[] {
  const [list, index, ...field] = path
  if ((list !== 'steps' && list !== 'validate') || typeof index !== 'number') {
    return path.length === 0 ? [] : [path.join('.')]
  }
  const kind = list === 'steps' ? 'step' : 'check'
  const name = valueAt(content, [list, index, 'name'])
  const entry = typeof name === 'string' ? `${kind} '${name}'` : `${kind} ${index + 1}`
  return [[entry, ...(field.length === 0 ? [] : [field.join('.')])].join(', ')]
}

/** The line of what is wrong, or of what surrounds a field that is missing. */
function lineOf(path: Path, document: Document.Parsed, lines: LineCounter): number | undefined {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
    if (Array.isArray(range) && typeof range[0] === 'number') return lines.linePos(range[0]).line
  }
  return undefined
}

function valueAt(content: unknown, path: Path): unknown {
  let value = content
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Object.entries(value).find(([name]) => name === String(key))?.[1]
  }
  return value
}
