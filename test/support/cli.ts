import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '../..')

export interface CliOptions {
  /** Added to an environment that holds nothing but PATH. */
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Default: a folder without a `.env` above it. */
  readonly cwd?: string
  /** A signal to send as soon as stderr, or the stream named, matches, or something else has happened. */
  readonly signal?: {
    readonly name: NodeJS.Signals
    readonly after: RegExp | (() => Promise<unknown>)
    readonly of?: 'stdout' | 'stderr'
  }
}

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as the JSON it must be. */
  json(): unknown
}

/** Runs the built tool as a shell would, and waits for its end. */
export const cmux = (argv: readonly string[], options?: CliOptions): Promise<CliResult> =>
  runNode(join(ROOT, 'bin/run.js'), argv, options)

/** Runs the command line made of test/fixtures/cli. */
export const probe = (argv: readonly string[], options?: CliOptions): Promise<CliResult> =>
  runNode(join(ROOT, 'test/fixtures/cli/run.cjs'), ['probe', ...argv], options)

async function runNode(file: string, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const { env = {}, input = '', cwd = tmpdir(), signal } = options
  const child = spawn(process.execPath, ['--', file, ...argv], { cwd, env: { PATH: process.env['PATH'], ...env } })
  child.stdin.on('error', () => {
    // The tool may end without reading.
  })
  child.stdin.end(input)
  if (signal !== undefined) {
    const { name, after, of = 'stderr' } = signal
    const happened = typeof after === 'function' ? after() : shows(child[of], after)
    void happened.then(() => child.kill(name))
  }
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  return { exitCode, stdout, stderr, json: () => JSON.parse(stdout) }
}

function shows(stream: Readable, pattern: RegExp): Promise<void> {
  return new Promise((resolve) => {
    let seen = ''
    stream.on('data', (chunk: Buffer) => {
      seen += chunk
      if (pattern.test(seen)) resolve()
    })
  })
}
