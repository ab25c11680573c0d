import { readdirSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type {
  ExecOptions,
  FileAttributes,
  GuestInterface,
  GuestRuntime,
  GuestSpec,
  GuestUsage,
  VolumeId,
} from '../../../src/lib/simulator/guest/guest-runtime.js'
import type { WorldFacts } from '../world.js'
import { attach } from './attach.js'
import { lxcCheckpoint } from './checkpoint.js'
import { command } from './command.js'
import { cgroupLimits, containerConfig, hostInterface } from './container-config.js'
import { ExitWatch } from './exit-watch.js'
import { prepareGuest } from './guest-files.js'
import { findPayload, type Payload, payloadUsage } from './payload.js'
import { BtrfsVolumes } from './volumes.js'

const LXC = '/var/lib/lxc'
const CGROUPS = '/sys/fs/cgroup'
/** Milliseconds between two looks at what runs. */
const ROUND = 250

/**
 * Real LXC containers as a GuestRuntime. Only usable inside a lab world. What runs is always looked up and never remembered, so that
 * containers started, stopped, frozen or restored by somebody else (`pct`, lxc-checkpoint over SSH) are seen as they are.
 */
export class LxcGuests implements GuestRuntime {
  readonly #group: string
  readonly #volumes: BtrfsVolumes
  readonly #limits: boolean
  readonly #exitListeners = new Set<(vmid: number) => void>()
  readonly #startListeners = new Set<(vmid: number, pid: number) => void>()
  readonly #watch: ExitWatch
  /** A container whose monitor was killed ends without a sign. */
  readonly #rounds: NodeJS.Timeout
  readonly #samples = new Map<number, { readonly pid: number; readonly cpu: number; readonly at: number }>()
  readonly #cores = new Map<number, number>()
  /** The init of each container that was last seen running. */
  readonly #seen = new Map<number, number>()

  constructor({ directory, group, debian }: WorldFacts) {
    this.#group = group
    this.#volumes = new BtrfsVolumes(join(directory, 'disk'), debian)
    const controllers = readFileSync(join(CGROUPS, 'cgroup.controllers'), 'utf8').trim().split(' ')
    this.#limits = ['memory', 'cpu'].every((name) => controllers.includes(name))
    this.#rounds = setInterval(() => this.#observeAll(), ROUND).unref()
    this.#watch = new ExitWatch(join(CGROUPS, group), (vmid) => void this.#settle(vmid).then(() => this.#observe(vmid)))
  }

  /** Stops watching; containers go on. */
  close(): void {
    this.#watch.close()
    clearInterval(this.#rounds)
  }

  createVolume = (volume: VolumeId, source: { readonly osTemplate: string } | 'empty') =>
    this.#volumes.create(volume, source)
  copyVolume = (from: { readonly volume: VolumeId; readonly snapshot?: string }, to: VolumeId) =>
    this.#volumes.copy(from, to)
  renameVolume = (from: VolumeId, to: VolumeId) => this.#volumes.rename(from, to)
  deleteVolume = (volume: VolumeId) => this.#volumes.delete(volume)
  snapshotVolume = (volume: VolumeId, snapshot: string) => this.#volumes.snapshot(volume, snapshot)
  rollbackVolume = (volume: VolumeId, snapshot: string) => this.#volumes.rollback(volume, snapshot)
  deleteVolumeSnapshot = (volume: VolumeId, snapshot: string) => this.#volumes.deleteSnapshot(volume, snapshot)

  async start(spec: GuestSpec): Promise<{ readonly pid: number }> {
    await prepareGuest(this.#volumes.path(spec.rootfs), spec)
    await this.#writeConfig(spec)
    this.#observe(spec.vmid)
    const log = join(LXC, `${spec.vmid}`, 'lxc.log')
    await command('lxc-start', '-n', `${spec.vmid}`, '-o', log, '-l', 'INFO')
    this.#observe(spec.vmid)
    return { pid: this.#running(spec.vmid).init }
  }

  async kill(vmid: number): Promise<void> {
    await command('lxc-stop', '-k', '-n', `${vmid}`).catch((error: unknown) => {
      if (this.isRunning(vmid)) throw error
    })
    this.#observe(vmid)
  }

  async requestShutdown(vmid: number): Promise<void> {
    const { init } = this.#running(vmid)
    await listening(init)
    process.kill(init, 'SIGUSR1')
  }

  isRunning(vmid: number): boolean {
    return this.pid(vmid) !== undefined
  }

  /** As Proxmox sees it: without its monitor, which answers at a socket, a container does not run, whatever is left of it. */
  pid(vmid: number): number | undefined {
    const answers = readFileSync('/proc/net/unix', 'utf8').includes(`@${LXC}/${vmid}/command\n`)
    return answers ? this.#find(vmid)?.init : undefined
  }

  async freeze(vmid: number): Promise<void> {
    await command('lxc-freeze', '-n', `${vmid}`)
  }

  async thaw(vmid: number): Promise<void> {
    await command('lxc-unfreeze', '-n', `${vmid}`)
  }

  onExit(listener: (vmid: number) => void): () => void {
    this.#exitListeners.add(listener)
    return () => this.#exitListeners.delete(listener)
  }

  /** Called whenever a container has come up, whoever started or restored it. */
  onStart(listener: (vmid: number, pid: number) => void): () => void {
    this.#startListeners.add(listener)
    return () => this.#startListeners.delete(listener)
  }

  /** Without effect where the kernel has given its memory and processor controllers to the old cgroup hierarchies. */
  async applyLimits(vmid: number, limits: Pick<GuestSpec, 'memory' | 'swap' | 'cores'>): Promise<void> {
    const { folder } = this.#running(vmid)
    this.#cores.set(vmid, limits.cores)
    if (!this.#limits) return
    for (const { file, value } of cgroupLimits(limits)) await writeFile(join(folder, file), value)
  }

  exec(vmid: number, argv: readonly string[], options: ExecOptions): Promise<number> {
    return attach(vmid, argv, options)
  }

  async writeFile(vmid: number, path: string, content: Uint8Array, { mode, uid, gid }: FileAttributes): Promise<void> {
    const script = 'umask 022; cat >"$1" && { [ "$2" = : ] || chown "$2" "$1"; } && { [ -z "$3" ] || chmod "$3" "$1"; }'
    const attributes = [`${uid ?? ''}:${gid ?? ''}`, mode?.toString(8) ?? '']
    await this.#inside(vmid, ['sh', '-c', script, 'sh', path, ...attributes], Readable.from([content]))
  }

  readFile(vmid: number, path: string): Promise<Uint8Array> {
    return this.#inside(vmid, ['cat', '--', path], Readable.from([]))
  }

  async interfaces(vmid: number): Promise<readonly GuestInterface[]> {
    const answer = await command('nsenter', '-t', `${this.#running(vmid).init}`, '-n', 'ip', '-json', 'address')
    return (JSON.parse(answer) as readonly IpAddressEntry[]).map(({ ifname, address, addr_info }) => ({
      name: ifname,
      hardwareAddress: address,
      addresses: addr_info.map(({ family, local, prefixlen }) => ({ family, address: local, prefix: prefixlen })),
    }))
  }

  usage(vmid: number): GuestUsage {
    const payload = this.#find(vmid)
    if (payload === undefined) return NOTHING
    const { memory, cpu } = payloadUsage(payload)
    const [before, at] = [this.#samples.get(vmid), process.hrtime.bigint()]
    const sample = { pid: payload.init, cpu, at: Number(at) / 1000 }
    this.#samples.set(vmid, sample)
    const elapsed = before?.pid === payload.init ? (sample.at - before.at) * (this.#cores.get(vmid) || 1) : 0
    return {
      ...NOTHING,
      cpu: elapsed > 0 && before !== undefined ? (cpu - before.cpu) / elapsed : 0,
      mem: memory,
      // What the host's end sends is what the container receives.
      netin: counter(vmid, 'tx_bytes'),
      netout: counter(vmid, 'rx_bytes'),
    }
  }

  async checkpoint(vmid: number, directory: string, { stop }: { readonly stop: boolean }): Promise<void> {
    await lxcCheckpoint('dump', directory, ['-n', `${vmid}`, ...(stop ? ['-s'] : [])])
  }

  async restore(spec: GuestSpec, directory: string): Promise<{ readonly pid: number }> {
    await this.#writeConfig(spec)
    await lxcCheckpoint('restore', directory, ['-n', `${spec.vmid}`, '-r'])
    this.#observe(spec.vmid)
    const { init } = this.#running(spec.vmid)
    // LXC does not apply them again (lxc issue 4643).
    await this.applyLimits(spec.vmid, spec)
    return { pid: init }
  }

  powerOff(): void {
    for (const name of readdirSync(LXC)) {
      const pid = /^\d+$/.test(name) ? this.pid(Number(name)) : undefined
      if (pid !== undefined) process.kill(pid, 'SIGKILL')
    }
  }

  #find(vmid: number): Payload | undefined {
    return findPayload(join(CGROUPS, this.#group), vmid)
  }

  #running(vmid: number): Payload {
    const payload = this.#find(vmid)
    if (payload === undefined) throw new Error(`container '${vmid}' not running!`)
    return payload
  }

  async #writeConfig(spec: GuestSpec): Promise<void> {
    const folder = join(LXC, `${spec.vmid}`)
    await mkdir(folder, { recursive: true })
    const place = { rootfs: this.#volumes.path(spec.rootfs), group: this.#group, limits: this.#limits }
    await writeFile(join(folder, 'config'), containerConfig(spec, place))
    this.#cores.set(spec.vmid, spec.cores)
  }

  /** LXC makes a container's cgroup before its init, and removes it before its monitor is through. */
  async #settle(vmid: number): Promise<void> {
    await command('lxc-wait', '-n', `${vmid}`, '-s', 'RUNNING|STOPPED|FROZEN', '-t', '10').catch(() => {})
  }

  #observeAll(): void {
    for (const vmid of this.#seen.keys()) this.#observe(vmid)
  }

  /** Another init than the one seen before, or none: that one has ended. */
  #observe(vmid: number): void {
    const [before, now] = [this.#seen.get(vmid), this.pid(vmid)]
    if (before === now) return
    if (now === undefined) this.#seen.delete(vmid)
    else this.#seen.set(vmid, now)
    if (before !== undefined) for (const listener of this.#exitListeners) listener(vmid)
    if (now !== undefined) for (const listener of this.#startListeners) listener(vmid, now)
  }

  async #inside(vmid: number, argv: readonly string[], stdin: Readable): Promise<Buffer> {
    const [stdout, stderr] = [new PassThrough(), new PassThrough()]
    const said = Promise.all([buffer(stdout), text(stderr)])
    const options = { stdin, stdout, stderr, environment: {}, cwd: '/', signal: new AbortController().signal }
    const status = await this.exec(vmid, argv, options).finally(() => {
      stdout.end()
      stderr.end()
    })
    const [content, complaint] = await said
    if (status !== 0) throw new Error(complaint.trim() || `${argv[0]} ended with status ${status}`)
    return content
  }
}

interface IpAddressEntry {
  readonly ifname: string
  readonly address: string
  readonly addr_info: readonly {
    readonly family: 'inet' | 'inet6'
    readonly local: string
    readonly prefixlen: number
  }[]
}

const NOTHING: GuestUsage = { cpu: 0, mem: 0, swap: 0, disk: 0, diskread: 0, diskwrite: 0, netin: 0, netout: 0 }

function counter(vmid: number, name: 'tx_bytes' | 'rx_bytes'): number {
  try {
    return Number(readFileSync(`/sys/class/net/${hostInterface(vmid, 0)}/statistics/${name}`, 'utf8'))
  } catch {
    return 0
  }
}

/** Waits until an init that has just been started handles or awaits its signals: the kernel drops them before. */
async function listening(init: number): Promise<void> {
  const bit = 1n << BigInt(constants.signals.SIGUSR1 - 1)
  for (const deadline = Date.now() + 5000; Date.now() < deadline; await delay(20)) {
    const masks = readFileSync(`/proc/${init}/status`, 'utf8').matchAll(/^Sig(?:Blk|Cgt):\s*(\w+)$/gm)
    for (const [, mask] of masks) if ((BigInt(`0x${mask}`) & bit) !== 0n) return
  }
}
