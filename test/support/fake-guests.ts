import type { GuestRuntime, GuestSpec, VolumeId } from '../../src/lib/simulator/guest/guest-runtime.js'

export interface FakeGuests extends GuestRuntime {
  /** Volumes that have content now. */
  readonly volumes: ReadonlySet<VolumeId>
  /** The specs of running containers. */
  readonly running: ReadonlyMap<number, GuestSpec>
  /** These ignore a request to shut down. */
  readonly deaf: Set<number>
  /** These fail to start, with this text. */
  readonly broken: Map<number, string>
  /** Init ends by itself. */
  exit(vmid: number): void
}

/** Guests that are nothing but their names: enough to drive the engine. */
export function fakeGuests(): FakeGuests {
  const volumes = new Set<VolumeId>()
  const running = new Map<number, GuestSpec>()
  const deaf = new Set<number>()
  const broken = new Map<number, string>()
  const listeners = new Set<(vmid: number) => void>()
  const snapshots = new Set<string>()
  let pid = 100
  const exit = (vmid: number) => {
    if (!running.delete(vmid)) return
    for (const listener of listeners) listener(vmid)
  }
  const need = (set: ReadonlySet<string>, key: string) => {
    if (!set.has(key)) throw new Error(`the fake guests do not know ${key}`)
  }
  return {
    volumes,
    running,
    deaf,
    broken,
    exit,
    async createVolume(volume) {
      volumes.add(volume)
    },
    async copyVolume({ volume }, to) {
      need(volumes, volume)
      volumes.add(to)
    },
    async renameVolume(from, to) {
      need(volumes, from)
      volumes.delete(from)
      volumes.add(to)
    },
    async deleteVolume(volume) {
      volumes.delete(volume)
    },
    async snapshotVolume(volume, snapshot) {
      need(volumes, volume)
      snapshots.add(`${volume}@${snapshot}`)
    },
    async rollbackVolume(volume, snapshot) {
      need(snapshots, `${volume}@${snapshot}`)
    },
    async deleteVolumeSnapshot(volume, snapshot) {
      snapshots.delete(`${volume}@${snapshot}`)
    },
    async start(spec) {
      const problem = broken.get(spec.vmid)
      if (problem !== undefined) throw new Error(problem)
      running.set(spec.vmid, spec)
      return { pid: ++pid }
    },
    async kill(vmid) {
      exit(vmid)
    },
    async requestShutdown(vmid) {
      if (!deaf.has(vmid)) exit(vmid)
    },
    isRunning: (vmid) => running.has(vmid),
    pid: (vmid) => (running.has(vmid) ? pid : undefined),
    async freeze() {},
    async thaw() {},
    onExit(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async applyLimits() {},
    exec: () => Promise.reject(new Error('the fake guests run no commands')),
    async writeFile() {},
    readFile: () => Promise.reject(new Error('the fake guests have no files')),
    async interfaces() {
      return [
        {
          name: 'lo',
          hardwareAddress: '00:00:00:00:00:00',
          addresses: [{ family: 'inet', address: '127.0.0.1', prefix: 8 }],
        },
      ]
    },
    usage: () => ({ cpu: 0, mem: 1, swap: 0, disk: 1, diskread: 0, diskwrite: 0, netin: 0, netout: 0 }),
    async checkpoint(vmid) {
      throw new Error(`Checkpointing ${vmid} failed`)
    },
    async restore(spec) {
      throw new Error(`Restoring ${spec.vmid} failed`)
    },
    powerOff(node) {
      for (const [vmid, spec] of running) if (spec.node === node) running.delete(vmid)
    },
  }
}
