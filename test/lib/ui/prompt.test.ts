import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { askYesNo } from '../../../src/lib/ui/prompt.js'

const ask = (input: PassThrough, signal = new AbortController().signal) => {
  const stderr = new PassThrough({ encoding: 'utf8' })
  const answer = askYesNo(
    'Delete container 101?',
    { stdin: input, stdout: new PassThrough(), stderr, environment: {} },
    signal,
  )
  return { answer, stderr }
}

it.each([
  ['y\n', true],
  ['YES\n', true],
  ['n\n', false],
  ['\n', false],
  ['yesterday\n', false],
])('takes %j as %s', async (typed, expected) => {
  const input = new PassThrough()
  const { answer, stderr } = ask(input)
  input.write(typed)
  expect(await answer).toBe(expected)
  expect(stderr.read()).toBe('Delete container 101? [y/N] ')
})

it('takes the end of the input as no', async () => {
  const input = new PassThrough()
  const { answer } = ask(input)
  input.end()
  expect(await answer).toBe(false)
})

it('gives up with the reason of the signal', async () => {
  const controller = new AbortController()
  const { answer } = ask(new PassThrough(), controller.signal)
  controller.abort(new Error('interrupted'))
  await expect(answer).rejects.toThrow('interrupted')
})
