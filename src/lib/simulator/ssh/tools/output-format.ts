import { fieldsOf, textOf } from './data.js'

/** JSON with sorted keys, on one line or with an indent, as JSON::XS writes it. */
export function jsonText(data: unknown, indent?: number): string {
  const text = JSON.stringify(sorted(data), undefined, indent)
  return indent === undefined ? text : text.replace(/^(\s*"(?:[^"\\]|\\.)*"): /gm, '$1 : ')
}

function sorted(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(sorted)
  if (typeof data !== 'object' || data === null) return data
  const fields = fieldsOf(data)
  return Object.fromEntries(
    Object.keys(fields)
      .sort()
      .map((key) => [key, sorted(fields[key])]),
  )
}

/** The simple YAML of flat answers. */
export function yamlText(data: unknown): string {
  return `---\n${yamlLines(sorted(data)).join('\n')}\n`
}

function yamlLines(data: unknown): string[] {
  if (Array.isArray(data)) {
    return data.flatMap((item) => {
      const [first = '', ...rest] = yamlLines(item)
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)]
    })
  }
  if (typeof data !== 'object' || data === null) return [data === '' ? "''" : textOf(data)]
  return Object.entries(fieldsOf(data)).flatMap(([key, value]) =>
    typeof value === 'object' && value !== null
      ? [`${key}:`, ...yamlLines(value).map((line) => `  ${line}`)]
      : [`${key}: ${yamlLines(value).join('')}`],
  )
}

interface TableStyle {
  readonly border: boolean
  readonly header: boolean
  readonly utf8: boolean
}

/** Strings plain, objects as a table of keys and values, lists as a table with a column per key. */
export function textTable(data: unknown, style: TableStyle): string {
  if (typeof data !== 'object' || data === null) return `${textOf(data)}\n`
  if (!Array.isArray(data)) {
    const fields = fieldsOf(data)
    const rows = Object.keys(fields)
      .sort()
      .map((key) => [key, cell(fields[key])])
    return table(['key', 'value'], rows, style)
  }
  const items: readonly Readonly<Record<string, unknown>>[] = data.map(fieldsOf)
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))].sort()
  if (columns.length === 0) return ''
  return table(
    columns,
    items.map((item) => columns.map((column) => cell(item[column]))),
    style,
  )
}

function cell(value: unknown): string {
  return typeof value === 'object' && value !== null ? jsonText(value) : textOf(value)
}

const UTF8 = { top: '┌┬┐─', head: '╞╪╡═', middle: '├┼┤─', bottom: '└┴┘─', side: '│' }
const ASCII = { top: '+++-', head: '+++=', middle: '+++-', bottom: '+++-', side: '|' }

function table(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  { border, header, utf8 }: TableStyle,
): string {
  const widths = columns.map((column, index) => Math.max(column.length, ...rows.map((row) => row[index]?.length ?? 0)))
  const lines = utf8 ? UTF8 : ASCII
  const rule = ([left = '', joint = '', right = '', dash = '']: readonly string[]) =>
    `${left}${widths.map((width) => dash.repeat(width + 2)).join(joint)}${right}\n`
  const line = (cells: readonly string[]) =>
    border
      ? `${lines.side} ${cells.map((text, index) => text.padEnd(widths[index] ?? 0)).join(` ${lines.side} `)} ${lines.side}\n`
      : `${cells
          .map((text, index) => text.padEnd(widths[index] ?? 0))
          .join(' ')
          .trimEnd()}\n`
  const body = rows.map(line)
  if (!border) return (header ? line(columns) : '') + body.join('')
  return (
    rule([...lines.top]) +
    (header ? line(columns) + rule([...lines.head]) : '') +
    body.join(rule([...lines.middle])) +
    rule([...lines.bottom])
  )
}
