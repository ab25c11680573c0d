import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'dotenv'

export interface SimulatorProcess {
  /** What a shell needs to point a command at it. */
  readonly environment: Readonly<Record<string, string>>
  readonly pid: number
  close(): Promise<void>
}

/** Starts `sim serve` as a process of its own, so that what it costs is not measured. `envFile` is written by it. */
export async function startSimulatorProcess(
  envFile: string,
  options: readonly string[] = [],
): Promise<SimulatorProcess> {
  const argv = [
    'sim',
    'serve',
    '--port',
    '0',
    '--ssh-port',
    '0',
    '--latency',
    'instant',
    '--env-file',
    envFile,
    ...options,
  ]
  const child = spawn(process.execPath, ['--', join(process.cwd(), 'bin/run.js'), ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'close')
  const first = await Promise.race([once(child.stdout, 'data'), ended.then(() => undefined)])
  if (first === undefined) throw new Error('The simulator did not start')
  child.stdout.resume()
  return {
    pid: child.pid ?? 0,
    environment: parse(readFileSync(envFile)),
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}
