import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LastLines } from '../../../../src/lib/template/configure/last-lines.js'

const linesOf = (...chunks: readonly (string | Buffer)[]) => {
  const lines = new LastLines()
  for (const chunk of chunks) lines.add(Buffer.from(chunk))
  return lines.all()
}

test('however output is cut into chunks, its lines are the same', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.array(fc.nat(200)), (texts, cuts) => {
      const whole = Buffer.from(texts.join('\n'))
      const at = [0, ...cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b), whole.length]
      const chunks = at.slice(1).map((end, index) => whole.subarray(at[index], end))
      expect(linesOf(...chunks)).toEqual(linesOf(whole))
    }),
  )
})

test('the last twenty are kept, told one by one, without empty ones', () => {
  const told: string[] = []
  const lines = new LastLines((line) => told.push(line))
  lines.add(Buffer.from(Array.from({ length: 30 }, (_, index) => `line ${index}\n\n`).join('')))
  expect(told).toHaveLength(30)
  expect(lines.all()).toEqual(told.slice(10))
})

test('nothing of it moves the cursor, colours the text or was overwritten already', () => {
  expect(linesOf('\u001B[31mred\u001B[0m\n10%\r50%\r100%\r\nbell\u0007\n')).toEqual(['red', '100%', 'bell'])
})

test('complaints of the shell are told without the file that the script was in', () => {
  const file = '/tmp/.cmux-pve-6d7d39f1e8de74c60178cf89'
  expect(linesOf(`${file}: 84: docker: not found\n${file}: line 3: x: command not found\nsee ${file}: 1: x`)).toEqual([
    'docker: not found',
    'x: command not found',
    `see ${file}: 1: x`,
  ])
})
