import { fieldsOf, textOf } from './data.js'
import type { ToolIo } from './tool.js'
import { yamlText } from './yaml.js'

/**
 * What a tool prints of an answer, after its output options: `output-format`, `noborder`, `noheader`. Tables are ordered by
 * their first column, unless the rows are `ordered` already.
 */
export function resultText(
  data: unknown,
  options: Readonly<Record<string, string | readonly string[]>>,
  { shell }: Pick<ToolIo, 'shell'>,
  ordered = false,
): string {
  const format = options['output-format'] ?? 'text'
  if (format === 'json') return `${jsonText(data)}\n`
  if (format === 'json-pretty') return `${jsonText(data, 3)}\n`
  if (format === 'yaml') return yamlText(sorted(data))
  return textTable(data, {
    border: options['noborder'] !== '1',
    header: options['noheader'] !== '1',
    utf8: /utf-?8/i.test(shell.process.environment['LANG'] ?? ''),
    ordered,
  })
}

/** JSON with sorted keys, on one line or with an indent, as JSON::XS writes it. */
function jsonText(data: unknown, indent?: number): string {
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

interface TableStyle {
  readonly border: boolean
  readonly header: boolean
  readonly utf8: boolean
  readonly ordered: boolean
}

/** Strings plain, objects as a table of keys and values, lists as a table with a column per key, ordered by the first. */
function textTable(data: unknown, style: TableStyle): string {
  if (typeof data !== 'object' || data === null) return `${textOf(data)}\n`
  if (!Array.isArray(data)) {
    const fields = fieldsOf(data)
    const rows = Object.keys(fields)
      .sort()
      .map((key) => [key, cell(fields[key])])
    return table(['key', 'value'], rows, style)
  }
  if (data.some((item) => typeof item !== 'object'))
    return table(['value'], data.map((item) => [cell(item)]).sort(byFirst), { ...style, header: false })
  const items: readonly Readonly<Record<string, unknown>>[] = data.map(fieldsOf)
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))].sort()
  if (columns.length === 0) return ''
  const rows = items.map((item) => columns.map((column) => cell(item[column])))
  return table(columns, style.ordered ? rows : rows.sort(byFirst), style)
}

function byFirst([a = '']: readonly string[], [b = '']: readonly string[]): number {
  const isNumeric = /^\d+$/.test(a) && /^\d+$/.test(b)
  return isNumeric ? Number(a) - Number(b) : a < b ? -1 : a > b ? 1 : 0
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
  const heights = rows.map((row) => row.map((text) => text.replace(/\n+$/, '').split('\n')))
  const widths = columns.map((column, index) =>
    Math.max(column.length, ...heights.flatMap((row) => row[index]?.map((text) => text.length) ?? [0])),
  )
  const lines = utf8 ? UTF8 : ASCII
  const rule = ([left = '', joint = '', right = '', dash = '']: readonly string[]) =>
    border ? `${left}${widths.map((width) => dash.repeat(width + 2)).join(joint)}${right}\n` : ''
  const line = (cells: readonly string[]) => {
    const padded = (text: string, index: number) => text.padEnd(widths[index] ?? 0)
    if (border) return `${lines.side} ${cells.map(padded).join(` ${lines.side} `)} ${lines.side}\n`
    return `${[...cells.slice(0, -1).map(padded), cells.at(-1) ?? ''].join(' ')}\n`
  }
  const body = heights.map((row) => {
    const height = Math.max(...row.map((texts) => texts.length))
    return Array.from({ length: height }, (_, at) => line(row.map((texts) => texts[at] ?? ''))).join('')
  })
  const head = header ? line(columns) + rule([...lines.head]) : ''
  return rule([...lines.top]) + head + body.join(rule([...lines.middle])) + rule([...lines.bottom])
}
