import { PassThrough, Readable } from 'node:stream'
import { systemClock } from '../../../../src/lib/clock.js'
import { type BuiltinGuestsOptions, createBuiltinGuests } from '../../../../src/lib/simulator/guest/builtin.js'
import type { ExecOptions, GuestRuntime, GuestSpec } from '../../../../src/lib/simulator/guest/guest-runtime.js'
import { seededRandom } from '../../../../src/lib/simulator/random.js'

export const ROOTFS = 'local:100/vm-100-disk-0.raw'

export function spec(changes: Partial<GuestSpec> = {}): GuestSpec {
  return {
    node: 'pve1',
    vmid: 100,
    hostname: 'box',
    unprivileged: true,
    rootfs: ROOTFS,
    memory: 512 * 1024 ** 2,
    swap: 0,
    cores: 2,
    nesting: true,
    interfaces: [{ name: 'eth0', hardwareAddress: 'BC:24:11:00:00:01', bridge: 'vmbr0', ip: '10.0.0.5/24' }],
    ...changes,
  }
}

/** A runtime with one running container, 100, made from an OS template. */
export async function container(
  osTemplate = 'debian-12-standard',
  options: Partial<BuiltinGuestsOptions> = {},
  changes: Partial<GuestSpec> = {},
): Promise<GuestRuntime> {
  const guests = createBuiltinGuests({ clock: systemClock, random: seededRandom(1), ...options })
  await guests.createVolume(ROOTFS, { osTemplate })
  await guests.start(spec(changes))
  return guests
}

export interface Ran {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

export const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Runs argv in container 100 with its output collected. */
export async function run(
  guests: GuestRuntime,
  argv: readonly string[],
  options: { readonly stdin?: string } & Partial<Omit<ExecOptions, 'stdin'>> = {},
): Promise<Ran> {
  const { stdin = '', ...rest } = options
  const output = collector()
  const errors = collector()
  const status = await guests.exec(100, argv, {
    stdin: Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]),
    stdout: output.stream,
    stderr: errors.stream,
    environment: { PATH, HOME: '/root' },
    cwd: '/root',
    signal: new AbortController().signal,
    ...rest,
  })
  return { status, stdout: output.text(), stderr: errors.text() }
}

export function sh(guests: GuestRuntime, script: string, ...args: readonly string[]): Promise<Ran> {
  return run(guests, ['sh', '-c', script, 'sh', ...args])
}

function collector(): { readonly stream: PassThrough; text(): string } {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}
