import Table from 'cli-table3'
import type { Column } from './output.js'
import type { Paint } from './terminal.js'

const BORDERS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'mid',
  'mid-mid',
  'right',
  'right-mid',
]

/** Rows as lines of columns, two spaces apart, under their headers. No borders: the same text serves eyes and `awk`. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[], paint: Paint): string {
  const table = new Table({
    chars: { ...Object.fromEntries(BORDERS.map((border) => [border, ''])), middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    head: columns.map(({ header }) => paint('bold', header)),
    colAligns: columns.map(({ align }) => align ?? 'left'),
  })
  for (const row of rows) table.push(columns.map(({ value }) => String(value(row) ?? '-')))
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
}
