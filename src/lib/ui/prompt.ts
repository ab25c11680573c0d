import { createInterface } from 'node:readline'
import type { Terminal } from './terminal.js'

/** Asks a yes-or-no question on stderr. Anything but yes is no, the end of the input included. */
export async function askYesNo(question: string, { stdin, stderr }: Terminal, signal: AbortSignal): Promise<boolean> {
  signal.throwIfAborted()
  // Not a readline terminal: that would take Ctrl-C for itself.
  const lines = createInterface({ input: stdin, output: stderr, terminal: false })
  const abort = () => lines.close()
  signal.addEventListener('abort', abort)
  try {
    const answer = await new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''))
      lines.question(`${question} [y/N] `, resolve)
    })
    signal.throwIfAborted()
    return /^y(es)?$/i.test(answer.trim())
  } finally {
    signal.removeEventListener('abort', abort)
    lines.close()
  }
}
