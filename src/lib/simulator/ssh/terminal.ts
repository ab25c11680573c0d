import type { Duplex } from 'node:stream'
import { outputTo } from '../guest/machine/output.js'
import { pipe } from '../guest/machine/pipe.js'
import type { Streams } from '../guest/machine/program.js'

const INTERRUPT = '\x03'
const END = '\x04'
const ERASE = new Set(['\x7f', '\b'])
const KILL_LINE = '\x15'

/**
 * A terminal in its usual mode: echoes what is typed, lets a line be edited, turns ^C into an interrupt and ^D into the end
 * of input, and ends output lines with a carriage return. Both outputs go to the one screen.
 */
export function terminal(channel: Duplex, interrupt: () => void): Streams {
  const screen = outputTo(channel)
  const show = (text: string) => screen.write(Buffer.from(text.replace(/\r?\n/g, '\r\n'))).catch(() => undefined)
  const typed = pipe()
  let line = ''
  channel.on('data', (chunk: Buffer) => {
    for (const char of chunk.toString('utf8')) key(char)
  })
  channel.once('end', () => typed.output.close())

  function key(char: string): void {
    if (char === INTERRUPT) {
      line = ''
      void show('^C\n')
      interrupt()
    } else if (char === END) {
      if (line === '') typed.output.close()
      else send()
    } else if (ERASE.has(char)) {
      if (line !== '') void show('\b \b')
      line = line.slice(0, -1)
    } else if (char === KILL_LINE) {
      void show('\b \b'.repeat(line.length))
      line = ''
    } else if (char === '\r' || char === '\n') {
      line += '\n'
      void show('\n')
      send()
    } else {
      line += char
      void show(char)
    }
  }

  function send(): void {
    void typed.output.write(Buffer.from(line)).catch(() => undefined)
    line = ''
  }

  const output = {
    write: (chunk: Uint8Array) =>
      screen.write(Buffer.from(Buffer.from(chunk).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')),
    close: () => undefined,
  }
  return { stdin: typed.input, stdout: output, stderr: output }
}
