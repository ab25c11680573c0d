import type { Clock } from '../../clock.js'
import { DhcpServer } from './addresses.js'
import { attach } from './attach.js'
import { dumpContainer, openImage, reviveProcesses } from './checkpoint-images.js'
import { guestPrograms } from './commands/index.js'
import { Container, type ContainerHost } from './container.js'
import { initProgram } from './criu-obstacles.js'
import { FileSystem } from './files/file-system.js'
import { directoryName } from './files/path.js'
import type {
  ExecOptions,
  FileAttributes,
  GuestInside,
  GuestInterface,
  GuestRuntime,
  GuestSpec,
  GuestUsage,
  HostFiles,
  VolumeId,
} from './guest-runtime.js'
import type { ExecFaults } from './machine/exec-faults.js'
import type { GuestRandom } from './machine/machine.js'
import { plausibleUsage } from './usage.js'
import { Volumes } from './volumes.js'

export interface BuiltinGuestsOptions {
  readonly clock: Clock
  readonly random: GuestRandom
  /** Asked with `exec:<command line>` before a command runs in a container. */
  readonly faults?: ExecFaults
}

/** Containers that exist only in this process's memory: file systems, a shell and its commands, processes, addresses. */
export function createBuiltinGuests(options: BuiltinGuestsOptions): GuestRuntime {
  return new BuiltinGuests(options)
}

const FIRST_HOST_PID = 20_000

class BuiltinGuests implements GuestRuntime {
  readonly #clock: Clock
  readonly #volumes = new Volumes()
  readonly #containers = new Map<number, Container>()
  readonly #listeners = new Set<(vmid: number) => void>()
  readonly #host: ContainerHost
  /** Containers that were dumped to disk, by the id of their image: what a real one has in it as memory. */
  readonly #asleep = new Map<string, Container>()
  #lastPid = FIRST_HOST_PID

  constructor({ clock, random, faults }: BuiltinGuestsOptions) {
    this.#clock = clock
    this.#host = {
      clock,
      random,
      dhcp: new DhcpServer(),
      program: guestPrograms(),
      fault: (spec, commandLine) => faults?.at(`exec:${commandLine}`, { vmid: spec.vmid, node: spec.node }),
      volume: (spec) => this.#volumes.holder(spec.rootfs),
      nextPid: () => this.#nextPid(),
      ended: (container) => this.#forget(container),
    }
  }

  async createVolume(volume: VolumeId, source: { readonly osTemplate: string } | 'empty'): Promise<void> {
    this.#volumes.create(volume, source)
  }

  async copyVolume(from: { readonly volume: VolumeId; readonly snapshot?: string }, to: VolumeId): Promise<void> {
    this.#volumes.copy(from.volume, from.snapshot, to)
  }

  async renameVolume(from: VolumeId, to: VolumeId): Promise<void> {
    this.#volumes.rename(from, to)
  }

  async deleteVolume(volume: VolumeId): Promise<void> {
    this.#volumes.delete(volume)
  }

  async snapshotVolume(volume: VolumeId, snapshot: string): Promise<void> {
    this.#volumes.snapshot(volume, snapshot)
  }

  async rollbackVolume(volume: VolumeId, snapshot: string): Promise<void> {
    this.#volumes.rollback(volume, snapshot)
  }

  async deleteVolumeSnapshot(volume: VolumeId, snapshot: string): Promise<void> {
    this.#volumes.deleteSnapshot(volume, snapshot)
  }

  async start(spec: GuestSpec): Promise<{ readonly pid: number }> {
    if (this.#containers.has(spec.vmid)) throw new Error(`container ${spec.vmid} is running already`)
    const container = this.#launch(spec)
    container.boot()
    return { pid: container.hostPid }
  }

  async kill(vmid: number): Promise<void> {
    this.#containers.get(vmid)?.end()
  }

  async requestShutdown(vmid: number): Promise<void> {
    this.#containers.get(vmid)?.shutdown()
  }

  isRunning(vmid: number): boolean {
    return this.#containers.has(vmid)
  }

  pid(vmid: number): number | undefined {
    return this.#containers.get(vmid)?.hostPid
  }

  async freeze(vmid: number): Promise<void> {
    this.#need(vmid).frozen = true
  }

  async thaw(vmid: number): Promise<void> {
    const container = this.#containers.get(vmid)
    if (container !== undefined) container.frozen = false
  }

  onExit(listener: (vmid: number) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async applyLimits(
    vmid: number,
    limits: { readonly memory: number; readonly swap: number; readonly cores: number },
  ): Promise<void> {
    this.#need(vmid).limits = limits
  }

  async exec(vmid: number, argv: readonly string[], options: ExecOptions): Promise<number> {
    return attach(this.#need(vmid), argv, options)
  }

  async writeFile(vmid: number, path: string, content: Uint8Array, attributes: FileAttributes): Promise<void> {
    const { files } = this.#need(vmid)
    files.stat(directoryName(path))
    files.write(path, content)
    files.setAttributes(path, attributes)
  }

  async readFile(vmid: number, path: string): Promise<Uint8Array> {
    return this.#need(vmid).files.readBytes(path)
  }

  async interfaces(vmid: number): Promise<readonly GuestInterface[]> {
    return this.#need(vmid).interfaces()
  }

  inside(vmid: number): GuestInside | undefined {
    const container = this.#containers.get(vmid)
    if (container === undefined) return undefined
    const program = initProgram(container)
    return {
      limits: container.limits,
      processes: container.processes.list().map(({ pid, hostPid, parent, attached, foreignSession, argv }) => ({
        pid,
        hostPid,
        foreignSession,
        hostParent: attached || parent === undefined ? 1 : parent.hostPid,
        argv,
        program: pid === 1 ? program : (argv[0] ?? ''),
      })),
    }
  }

  usage(vmid: number): GuestUsage {
    const container = this.#need(vmid)
    return plausibleUsage({
      uptime: this.#clock.now() - container.bootedAt,
      processes: container.processes.list().length,
      disk: this.#volumes.usedBytes(container.spec.rootfs),
      memory: container.limits.memory,
      networks: container.spec.interfaces.length,
    })
  }

  async checkpoint(vmid: number, directory: string, options: { readonly stop: boolean }): Promise<void> {
    const container = this.#need(vmid)
    const { id } = dumpContainer(container, this.#filesOf(container.spec.node), directory)
    if (!options.stop) return
    this.#asleep.set(id, container)
    container.suspend()
  }

  async restore(spec: GuestSpec, directory: string): Promise<{ readonly pid: number }> {
    if (this.#containers.has(spec.vmid)) throw new Error(`${spec.vmid} is running, not restoring`)
    const image = openImage(spec, this.#filesOf(spec.node), directory)
    const asleep = this.#asleep.get(image.id)
    if (asleep !== undefined) {
      this.#asleep.delete(image.id)
      this.#containers.set(spec.vmid, asleep)
      asleep.wake(spec)
      return { pid: asleep.hostPid }
    }
    const container = this.#launch(spec)
    container.unlimit()
    reviveProcesses(container, image)
    return { pid: container.hostPid }
  }

  hostFiles(node: string): HostFiles {
    return this.#volumes.hostDisk(node)
  }

  #filesOf(node: string): FileSystem {
    return new FileSystem(this.hostFiles(node), new Map(), () => this.#clock.now())
  }

  powerOff(node: string): void {
    for (const container of [...this.#containers.values()]) if (container.spec.node === node) container.end()
  }

  save(): unknown {
    return this.#volumes.save()
  }

  load(state: unknown): void {
    this.#volumes.load(state)
  }

  #launch(spec: GuestSpec): Container {
    this.#lastPid += this.#host.random.integer(0, 20)
    const container = new Container(this.#host, spec)
    this.#containers.set(spec.vmid, container)
    return container
  }

  #nextPid(): number {
    this.#lastPid++
    return this.#lastPid
  }

  #forget(container: Container): void {
    const { vmid } = container.spec
    if (this.#containers.get(vmid) !== container) return
    this.#containers.delete(vmid)
    for (const listener of this.#listeners) listener(vmid)
  }

  #need(vmid: number): Container {
    const container = this.#containers.get(vmid)
    if (container === undefined) throw new Error(`container '${vmid}' not running!`)
    return container
  }
}
