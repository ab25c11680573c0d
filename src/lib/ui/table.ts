import { stripVTControlCharacters } from 'node:util'
import Table from 'cli-table3'
import type { Column } from './output.js'
import type { Paint } from './terminal.js'

/** cli-table3 takes time that grows with the square of the rows, so a long table is made of many short ones. */
const ROWS_AT_ONCE = 100

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
  const lines = [
    columns.map(({ header }) => paint('bold', header)),
    ...rows.map((row) => columns.map(({ value }) => String(value(row) ?? '-'))),
  ]
  const options: Table.TableConstructorOptions = {
    chars: { ...Object.fromEntries(BORDERS.map((border) => [border, ''])), middle: '  ' },
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: columns.map(({ align }) => align ?? 'left'),
    colWidths: columns.map((_column, index) =>
      lines.reduce((most, line) => Math.max(most, width(line[index] ?? '')), 0),
    ),
  }
  const parts: string[] = []
  for (let start = 0; start < lines.length; start += ROWS_AT_ONCE) {
    const table = new Table(options)
    table.push(...lines.slice(start, start + ROWS_AT_ONCE))
    parts.push(table.toString())
  }
  return parts.join('\n').replaceAll(/ +$/gm, '')
}

/** Columns on the screen, rather too many than too few: what looks Asian or like a symbol may be two wide. */
const width = (text: string): number =>
  [...stripVTControlCharacters(text)].reduce((sum, character) => sum + (character < '\u1100' ? 1 : 2), 0)
