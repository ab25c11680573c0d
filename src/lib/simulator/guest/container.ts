import type { Clock } from '../../clock.js'
import { type DhcpServer, interfacesOf } from './addresses.js'
import { enabledServices, startService } from './commands/service-units.js'
import { devices } from './files/devices.js'
import { FileError } from './files/file-error.js'
import { FileSystem, type TreeHolder } from './files/file-system.js'
import { procfs } from './files/procfs.js'
import type { GuestInterface, GuestSpec } from './guest-runtime.js'
import { type GuestLimits, UNLIMITED } from './limits.js'
import type { ExecFault } from './machine/exec-faults.js'
import { FileLocks } from './machine/file-locks.js'
import type { GuestRandom, Machine, ServiceState } from './machine/machine.js'
import { PausableClock } from './machine/pausable-clock.js'
import type { Process } from './machine/process.js'
import { ProcessTable } from './machine/process-table.js'
import { DEFAULT_PATH, type Program } from './machine/program.js'

/** What containers share: the outside of their world. */
export interface ContainerHost {
  readonly clock: Clock
  readonly random: GuestRandom
  readonly dhcp: DhcpServer
  readonly program: (name: string) => Program | undefined
  readonly fault: (spec: GuestSpec, commandLine: string) => ExecFault | undefined
  readonly volume: (spec: GuestSpec) => TreeHolder
  /** The next number that the node gives to a process. */
  readonly nextPid: () => number
  /** Called when init has ended; `reboot` when it asked to be started again. */
  readonly ended: (container: Container) => void
}

const KERNEL = '6.14.8-2-pve'
/** Milliseconds that a dhcp client needs, and that init takes to end its services. */
const DHCP_MS = 250
const SHUTDOWN_MS = 60

/** A running container: a machine on its root volume, with init as process 1. */
export class Container implements Machine {
  readonly bootedAt: number
  readonly clock: PausableClock
  readonly random: GuestRandom
  readonly files: FileSystem
  readonly processes: ProcessTable
  readonly locks = new FileLocks()
  readonly services = new Map<string, ServiceState>()
  readonly program: Machine['program']
  readonly init: Process
  frozen = false
  limits: GuestLimits
  #spec: GuestSpec
  #renamed: string | undefined
  #leased = false
  #ended = false
  readonly #host: ContainerHost
  readonly #stopped = new AbortController()

  constructor(host: ContainerHost, spec: GuestSpec) {
    this.#host = host
    this.#spec = spec
    this.clock = new PausableClock(host.clock)
    this.random = host.random
    this.program = host.program
    this.bootedAt = host.clock.now()
    this.limits = spec
    const now = () => host.clock.now()
    this.files = new FileSystem(
      host.volume(spec),
      new Map([
        ['/dev', devices()],
        ['/proc', procfs(() => this)],
      ]),
      now,
    )
    this.processes = new ProcessTable(now, 0, host.nextPid)
    this.init = this.processes.create(undefined, {
      argv: ['/sbin/init'],
      environment: { PATH: DEFAULT_PATH, container: 'lxc', TERM: 'linux' },
      cwd: '/',
      uid: 0,
      gid: 0,
      umask: 0o022,
    })
  }

  /** What happens between power on and a shell prompt. */
  boot(): void {
    this.#prepareFiles()
    for (const name of enabledServices(this)) void startService(this, name)
    void this.clock.sleep(DHCP_MS, this.#stopped.signal).then(
      () => {
        this.#leased = true
      },
      () => undefined,
    )
  }

  get spec(): GuestSpec {
    return this.#spec
  }

  /** Process id of its init on the node. */
  get hostPid(): number {
    return this.init.hostPid
  }

  get hardware(): Machine['hardware'] {
    return {
      kernelRelease: KERNEL,
      cores: this.limits.cores,
      memory: this.limits.memory,
      swap: this.limits.swap,
      disk: 8 * 1024 ** 3,
    }
  }

  readonly hostname = (): string => this.#renamed ?? this.spec.hostname

  readonly rename = (hostname: string): void => {
    this.#renamed = hostname
  }

  readonly interfaces = (): readonly GuestInterface[] =>
    interfacesOf(this.spec.interfaces, this.#leased ? this.#host.dhcp : undefined)

  readonly fault = (commandLine: string): ExecFault | undefined => this.#host.fault(this.spec, commandLine)

  /** init ends its services, then itself. A frozen container hears nothing. */
  readonly shutdown = (): void => {
    if (this.frozen) return
    void this.clock.sleep(SHUTDOWN_MS, this.#stopped.signal).then(
      () => this.end(),
      () => undefined,
    )
  }

  /** Everything in the container is gone at once. */
  end(): void {
    if (this.#ended) return
    this.#ended = true
    this.#stopped.abort()
    this.processes.killAll()
    this.#host.ended(this)
  }

  /** Dumped to disk: for the node it has ended, and time stands still for its programs. */
  suspend(): void {
    this.clock.pause()
    this.#host.ended(this)
  }

  /** Goes on where it was dumped. Its cgroup is a new one, and nobody has written limits into it (LXC issue 4643). */
  wake(spec: GuestSpec): void {
    this.#spec = spec
    this.unlimit()
    this.processes.renumber()
    this.clock.resume()
  }

  unlimit(): void {
    this.limits = UNLIMITED
  }

  get ended(): boolean {
    return this.#ended
  }

  /** What Proxmox writes into the file system before a start, and what a boot makes anew. */
  #prepareFiles(): void {
    try {
      this.files.write('/etc/hostname', `${this.spec.hostname}\n`)
      if (this.files.exists('/etc/machine-id') && this.files.readText('/etc/machine-id').startsWith('uninitialized'))
        this.files.write('/etc/machine-id', `${this.random.hex(32)}\n`)
      if (this.files.exists('/run'))
        this.files.place('/run', { ...this.files.stat('/run'), kind: 'directory', entries: new Map() })
    } catch (error) {
      if (!(error instanceof FileError)) throw error
    }
  }
}
