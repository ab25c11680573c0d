import { systemClock } from '../../src/lib/clock.js'
import type { CriuContext } from '../../src/lib/criu/criu-context.js'
import { SshExecutor } from '../../src/lib/executor/ssh-executor.js'
import type { TestSimulatorOptions } from './simulator.js'
import { openTestBench, type TestBench } from './test-bench.js'

/** Options of a container that criu can dump and restore: privileged, without terminals. */
export const CRIU_READY = { tty: 0, console: 0, unprivileged: 0, features: undefined } as const

/** A simulated cluster of three nodes with a storage that all of them share, and what services of src/lib/criu take. */
export interface CriuBench extends TestBench {
  readonly context: CriuContext
  /** What services reported, in order. */
  readonly warnings: readonly string[]
  /** Runs a command line on a node. */
  ssh(node: string, line: string): Promise<string>
  migrate(vmid: number, from: string, to: string): Promise<void>
}

/** `running`: VMIDs of containers on the shared storage that criu can dump, and that run. */
export async function openCriuBench({
  running = [],
  ...options
}: TestSimulatorOptions & { readonly running?: readonly number[] } = {}): Promise<CriuBench> {
  const bench = await openTestBench({
    nodes: ['pve1', 'pve2', 'pve3'],
    storages: ['dir', 'lvmthin', 'rbd'],
    ...options,
  })
  for (const vmid of running) {
    await bench.container(vmid, { ...CRIU_READY, rootfs: 'ceph:1' })
    await bench.start(vmid)
  }
  const warnings: string[] = []
  const shells = new Map<string, SshExecutor>()
  const nodeShell = (node: string): SshExecutor => {
    const known = shells.get(node)
    if (known !== undefined) return known
    const ssh = bench.simulator.shells.get(node)
    if (ssh === undefined) throw new Error(`there is no node ${node}`)
    const { host, port, user, fingerprint } = ssh
    const shell = new SshExecutor({ host, port, user, fingerprint, keyFile: bench.simulator.keyFile })
    shells.set(node, shell)
    return shell
  }
  return {
    ...bench,
    warnings,
    context: {
      client: bench.client,
      clock: systemClock,
      nodeShell: async (node) => nodeShell(node),
      onWarning: (text) => void warnings.push(text),
    },
    ssh: async (node, line) => (await nodeShell(node).run(['sh', '-c', line])).stdout,
    async migrate(vmid, from, to) {
      await bench.client.tasks.wait(await bench.client.containers.migrate({ vmid, node: from }, to))
    },
    async close() {
      for (const shell of shells.values()) await shell.close()
      await bench.close()
    },
  }
}
