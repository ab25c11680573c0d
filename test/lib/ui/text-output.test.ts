import { once } from 'node:events'
import { clearLine, cursorTo, moveCursor } from 'node:readline'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { CmuxError } from '../../../src/lib/errors.js'
import type { Progress } from '../../../src/lib/ui/output.js'
import { TextOutput } from '../../../src/lib/ui/text-output.js'

/** A terminal (or pipes) whose output can be read back. */
function streams({ isTTY = false } = {}) {
  const stream = () => {
    const through = new PassThrough({ encoding: 'utf8' })
    return Object.assign(through, {
      isTTY,
      columns: 80,
      cursorTo: (column: number) => cursorTo(through, column),
      moveCursor: (columns: number, rows: number) => moveCursor(through, columns, rows),
      clearLine: (direction: -1 | 0 | 1) => clearLine(through, direction),
    })
  }
  const terminal = { stdin: stream(), stdout: stream(), stderr: stream(), environment: {} }
  const said = (which: 'stdout' | 'stderr') => String(terminal[which].read() ?? '')
  return { terminal, said }
}

it('tells progress in plain lines where there is no terminal', () => {
  const { terminal, said } = streams()
  const output = new TextOutput(terminal)
  const progress = output.progress('Cloning 9000')
  progress.update('copying')
  progress.update('copying')
  progress.log('create linked clone')
  output.warn('slow')
  progress.succeed('Cloned to 101')
  progress.update('too late')
  expect(said('stderr')).toBe('Cloning 9000\ncopying\ncreate linked clone\nWarning: slow\nCloned to 101\n')
  expect(said('stdout')).toBe('')
})

describe('on a terminal', () => {
  /** Everything that is written to stderr until `act` has run, which it does once the spinner turns. */
  async function shown(act: (output: TextOutput, progress: Progress) => void): Promise<string> {
    const { stderr, ...terminal } = streams({ isTTY: true }).terminal
    const output = new TextOutput({ ...terminal, stderr })
    const progress = output.progress('Cloning 9000')
    await once(stderr, 'readable')
    act(output, progress)
    stderr.end()
    return text(stderr)
  }

  it('turns a spinner and leaves one line behind', async () => {
    const written = await shown((_output, progress) => progress.succeed('Cloned to 101'))
    expect(written).toContain('Cloning 9000')
    expect(written).toMatch(/✔.* Cloned to 101\n$/)
  })

  it('takes the spinner away while it asks, and brings it back', async () => {
    const { stderr, ...terminal } = streams({ isTTY: true }).terminal
    const output = new TextOutput({ ...terminal, stderr })
    const progress = output.progress('Deleting')
    await once(stderr, 'readable')
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    await output.asking(async () => {
      stderr.read()
      await vi.advanceTimersByTimeAsync(1000)
      progress.update('Deleting 101')
      expect(stderr.read()).toBeNull()
    })
    await vi.advanceTimersByTimeAsync(1000)
    expect(stderr.read()).toContain('Deleting 101')
    progress.succeed()
  })

  it('shows no spinner over a question that comes before it could be loaded', async () => {
    const { stderr, ...terminal } = streams({ isTTY: true }).terminal
    const output = new TextOutput({ ...terminal, stderr })
    const progress = output.progress('Deleting')
    await output.asking(async () => {
      await import('ora')
      await vi.dynamicImportSettled()
      expect(stderr.read()).toBeNull()
    })
    progress.end()
  })

  it('ends the spinner when the command fails', async () => {
    const written = await shown((output) => output.failed(new CmuxError('failed', 'it broke'), []))
    expect(written).toMatch(/✖.* Cloning 9000\n.*Error:.* it broke\n$/)
  })
})

it('clears the screen between two pictures on a terminal, and never a pipe', () => {
  const screen = streams({ isTTY: true })
  new TextOutput(screen.terminal).clear()
  expect(screen.said('stdout')).toContain('\u001B[2J')
  const pipe = streams()
  new TextOutput(pipe.terminal).clear()
  expect(pipe.said('stdout')).toBe('')
})
