import type { RemoteTerminal, TerminalSize } from '../executor/executor.js'

/**
 * Hands the process's terminal to `run` in raw mode, every key going to the other side, and takes it back however `run` or the process
 * ends. The terminal tells of its size.
 */
export async function withRawTerminal<T>(run: (terminal: RemoteTerminal) => Promise<T>): Promise<T> {
  const { stdin, stdout } = process
  const size = (): TerminalSize => ({ columns: stdout.columns ?? 80, rows: stdout.rows ?? 24 })
  const restore = () => {
    if (stdin.isTTY) stdin.setRawMode(false)
  }
  process.once('exit', restore)
  if (stdin.isTTY) stdin.setRawMode(true)
  try {
    return await run({
      ...size(),
      ...(process.env['TERM'] !== undefined && { type: process.env['TERM'] }),
      onResize(listener) {
        const onResize = () => listener(size())
        stdout.on('resize', onResize)
        return () => stdout.off('resize', onResize)
      },
    })
  } finally {
    restore()
    process.off('exit', restore)
  }
}
