import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'dotenv'

export interface SimulatorProcess {
  readonly pid: number
  /** What a shell needs to point a command at it. */
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * Starts `sim serve` of the built tool as a process of its own, so that what it costs is not measured with what calls it. Takes no time for
 * its work unless the options say otherwise.
 */
export async function startSimulatorProcess(options: readonly string[] = []): Promise<SimulatorProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'simulator-'))
  const envFile = join(folder, 'simulator.env')
  const latency = options.includes('--latency') ? [] : ['--latency', 'instant']
  const argv = ['sim', 'serve', '--port', '0', '--ssh-port', '0', ...latency, '--env-file', envFile, ...options]
  const child = spawn(process.execPath, ['--', join(process.cwd(), 'bin/run.js'), ...argv])
  const ended = once(child, 'close')
  const close = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(folder, { recursive: true })
  }
  let messages = ''
  child.stderr.on('data', (chunk: Buffer) => {
    messages += chunk
  })
  const started = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)])
  if (!started) {
    await close()
    throw new Error(`The simulator did not start: ${messages}`)
  }
  child.stdout.resume()
  return { pid: child.pid ?? 0, environment: parse(readFileSync(envFile)), close }
}
