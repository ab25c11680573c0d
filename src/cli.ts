import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Errors, run } from '@oclif/core'
import { debugText, isDebugging, toCmuxError } from './lib/ui/command-error.js'
import { commandFirst } from './lib/ui/command-first.js'
import { JsonOutput } from './lib/ui/json-output.js'
import { processTerminal } from './lib/ui/terminal.js'
import { TextOutput } from './lib/ui/text-output.js'

/**
 * Runs one command line and ends the process.
 *
 * @param argv the words after `cmux-pve`
 * @param root the folder of package.json and oclif.manifest.json
 */
export async function main(argv: readonly string[], root: string): Promise<void> {
  process.on('uncaughtException', (error) => void fail(error, argv).finally(exit))
  for (const stream of [process.stdout, process.stderr]) {
    // That of oclif throws.
    stream.removeAllListeners('error')
    stream.on('error', (error: NodeJS.ErrnoException) => onStreamError(error, stream))
  }
  try {
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
    await run([...commandFirst(argv)], { root, pjson })
  } catch (error) {
    await fail(error, argv)
  }
  await exit()
}

/** Errors that no command has reported: a command that does not exist, a bug outside of any command. */
async function fail(cause: unknown, argv: readonly string[]): Promise<void> {
  if (cause instanceof Errors.ExitError) {
    process.exitCode = cause.oclif.exit ?? 1
    return
  }
  const terminal = processTerminal()
  const error = toCmuxError(cause, 'cmux-pve --help')
  const output = wantsJson(argv) ? new JsonOutput(terminal) : new TextOutput(terminal)
  output.failed(error, [])
  if (isDebugging(terminal.environment)) terminal.stderr.write(`${debugText(cause)}\n`)
  process.exitCode = error.exitCode
}

const wantsJson = (argv: readonly string[]): boolean =>
  argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined).includes('--json')

/** Ends the process once everything written has left it: `process.exit` alone cuts a pipe at 64 KiB. */
async function exit(): Promise<void> {
  await Promise.all([drained(process.stdout), drained(process.stderr)])
  setImmediate(() => process.exit()) // A write that failed is told of a turn later.
}

const drained = (stream: NodeJS.WriteStream): Promise<unknown> =>
  new Promise((resolve) => {
    if (stream.writableLength === 0 || stream.destroyed) resolve(undefined)
    else stream.write('', resolve)
  })

/**
 * Nobody reads any more (`| head`): there is nothing left to do and nobody to tell. A full disk under a file is told of. A terminal that
 * was closed hangs up on us, and a command then ends what it has started elsewhere first.
 */
function onStreamError(error: NodeJS.ErrnoException, stream: NodeJS.WriteStream): void {
  if (error.code === 'EPIPE') process.exit()
  if (error.code === 'EIO' && stream.isTTY) return void process.kill(process.pid, 'SIGHUP')
  if (stream === process.stdout) process.stderr.write(`Error: The output cannot be written: ${error.message}\n`)
  process.exit(process.exitCode || 1)
}
