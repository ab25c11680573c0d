import type { Finding, Verdict } from '../diagnosis/finding.js'
import type { Paint } from './terminal.js'

const MARKS: Readonly<Record<Verdict, readonly [word: string, colour: 'green' | 'yellow' | 'red' | 'dim']>> = {
  ok: ['ok', 'green'],
  warning: ['warning', 'yellow'],
  failed: ['FAILED', 'red'],
  skipped: ['skipped', 'dim'],
}

/** A finding as one line, with its remedy on a line below where it has one. */
export function findingText({ verdict, subject, detail, remedy }: Finding, paint: Paint): string {
  const [word, colour] = MARKS[verdict]
  const line = `${paint(colour, word.padEnd(8))} ${paint('bold', subject)}: ${detail}`
  return remedy === undefined ? line : `${line}\n${' '.repeat(9)}${remedy}`
}
