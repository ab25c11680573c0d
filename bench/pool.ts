// What the pool costs beyond Proxmox itself, as ratios within one run: npm run bench:pool [-- --json] [claim] [hot] [fill] [burst] [tick]
import { MEASUREMENTS } from './pool/lines.js'
import { isMet, type Line } from './pool/measure.js'

const words = process.argv.slice(2)
const json = words.includes('--json')
const names = words.filter((word) => word !== '--json')
const lines: Line[] = []
for (const [name, measure] of Object.entries(MEASUREMENTS)) {
  if (names.length > 0 && !names.includes(name)) continue
  for (const line of await measure()) {
    lines.push(line)
    if (!json) process.stdout.write(`${text(line)}\n`)
  }
}
if (json)
  process.stdout.write(
    `${JSON.stringify(
      lines.map((line) => ({ ...line, met: isMet(line) })),
      undefined,
      2,
    )}\n`,
  )
process.exitCode = lines.every(isMet) ? 0 : 1

function text(line: Line): string {
  const { name, measured, compared, unit, value, target, at } = line
  const figures = compared === undefined ? '' : `${measured.toFixed(1)} : ${compared.toFixed(1)} ${unit}`
  const result = compared === undefined ? `${value.toFixed(0)} ${unit}` : `x ${value.toFixed(2)}`
  const goal = `${at === 'most' ? '<=' : '>='} ${target}`
  return `${name.padEnd(66)} ${figures.padStart(20)}  ${result.padStart(8)}  ${goal.padEnd(8)} ${isMet(line) ? 'met' : 'MISSED'}`
}
