import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'

const ROOT = join(import.meta.dirname, '../../..')
/** The Node of this machine, where no home is. */
const NODE = '/usr/local/bin/node'

export interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A machine inside this one whose process 1 is a real systemd. Whatever is changed there is forgotten with it. */
export class SystemdMachine {
  readonly #script: ChildProcess
  readonly #directory: string
  /** Process 1, as this machine sees it. */
  readonly #init: string

  private constructor(script: ChildProcess, directory: string, init: string) {
    this.#script = script
    this.#directory = directory
    this.#init = init
  }

  static async boot(): Promise<SystemdMachine> {
    const directory = await mkdtemp(join(tmpdir(), 'cmux-pve-systemd-'))
    const argv = [directory, basename(directory), process.execPath, ROOT]
    const script = spawn(join(import.meta.dirname, 'systemd-machine.sh'), argv, { stdio: ['pipe', 'pipe', 'pipe'] })
    const complaint = text(script.stderr)
    const ended = once(script, 'close').then(async () =>
      Promise.reject(new Error(`it did not boot: ${await complaint}`)),
    )
    ended.catch(() => {})
    const [line] = await Promise.race([once(createInterface(script.stdout), 'line'), ended])
    return new SystemdMachine(script, directory, String(line).replace('ready ', ''))
  }

  /** Ends it, however it is. Resolves when nothing is left. */
  async close(): Promise<void> {
    const closed = once(this.#script, 'close')
    this.#script.stdin?.end()
    await closed
    if (existsSync(this.#directory)) throw new Error(`${this.#directory} is left behind`)
  }

  /** Runs a command there, as root, with these variables and no others. */
  async run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const child = this.#spawn(argv, environment)
    const [stdout, stderr, [exitCode]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ])
    return { exitCode, stdout, stderr }
  }

  /** The same, for what has to succeed: what it printed. */
  async succeeds(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<string> {
    const { exitCode, stdout, stderr } = await this.run(argv, environment)
    if (exitCode !== 0) throw new Error(`${argv.join(' ')} ended with ${exitCode}: ${stderr}${stdout}`)
    return stdout
  }

  /** The tool, with words and settings. */
  tool(words: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return this.run([NODE, join(ROOT, 'bin/run.js'), ...words], environment)
  }

  /** A simulated Proxmox VE in there. Resolves with the settings that lead to it. */
  async simulator(words: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const child = this.#spawn([NODE, join(ROOT, 'bin/run.js'), 'sim', 'serve', '--json', ...words], {})
    child.stderr.resume()
    const [line] = await once(createInterface(child.stdout), 'line')
    return JSON.parse(String(line)).data.environment
  }

  #spawn(argv: readonly string[], environment: Readonly<Record<string, string>>) {
    const variables = { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', ...environment }
    const words = Object.entries(variables).map(([name, value]) => `${name}=${value}`)
    return spawn('nsenter', ['-t', this.#init, '-a', '-W', '/', '--', 'env', '-i', ...words, ...argv], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }
}
