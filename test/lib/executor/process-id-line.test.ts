import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ProcessIdLine } from '../../../src/lib/executor/process-id-line.js'

const markerOf = (line: ProcessIdLine) => /"(cmux-pve:[0-9a-f]+:)\$\$"/.exec(line.commandLine(['true']))?.[1] ?? ''

test('the id is learned and its line vanishes, however the bytes are cut and whatever stands around it', async () => {
  const noise = fc.string().map((text) => text.replaceAll('cmux', ''))
  await fc.assert(
    fc.asyncProperty(noise, noise, fc.integer({ min: 1 }), fc.nat(), async (before, after, pid, cut) => {
      const line = new ProcessIdLine()
      const bytes = Buffer.from(`${before}${markerOf(line)}${pid}\n${after}`)
      const at = cut % (bytes.length + 1)
      const seen = [bytes.subarray(0, at), bytes.subarray(at)].map((chunk) => line.strip(chunk))
      expect(Buffer.concat(seen).toString()).toBe(before + after)
      expect(await line.processId).toBe(pid)
    }),
  )
})

test('what a shell wrote before it failed to write the line is not lost', () => {
  const line = new ProcessIdLine()
  expect(line.strip(Buffer.from('This account is not available.\n')).length).toBe(0)
  expect(line.rest().toString()).toBe('This account is not available.\n')
})
