import { readFile, writeFile } from 'node:fs/promises'
import { systemClock } from '../../src/lib/clock.js'
import { type CheckpointOutcome, type CheckpointRequest, checkpointInstance } from '../../src/lib/criu/checkpoint.js'
import type { CriuContext } from '../../src/lib/criu/criu-context.js'
import { type RestoreOutcome, type RestoreRequest, restoreInstance } from '../../src/lib/criu/restore.js'
import { readSleepMark, type SleepMark } from '../../src/lib/criu/sleep-mark.js'
import { CHECKPOINTS, listCheckpoints, type StoredCheckpoint } from '../../src/lib/criu/store.js'
import { Witness } from '../../src/lib/criu/witness.js'
import { SshExecutor } from '../../src/lib/executor/ssh-executor.js'
import { type CliOptions, type CliResult, cmux } from '../support/cli.js'
import { command } from './lxc/command.js'
import { type LabNode, startLabNode } from './node.js'
import { nodeSsh } from './node-ssh.js'

/** Real containers that are put to sleep and woken: through the services, over real SSH, and through the tool. */
export interface CriuBench {
  readonly node: LabNode
  readonly shell: SshExecutor
  readonly context: CriuContext
  readonly warnings: string[]
  /** Makes and starts one: privileged with an address, or unprivileged without a network. */
  privileged(vmid: number): Promise<void>
  unprivileged(vmid: number): Promise<void>
  /** Adds lines to LXC's own configuration of a container and boots it with them, behind Proxmox's back. */
  restartWith(vmid: number, ...lines: readonly string[]): Promise<void>
  checkpoint(vmid: number, request?: Partial<CheckpointRequest>): Promise<CheckpointOutcome>
  restore(vmid: number, request?: Partial<RestoreRequest>): Promise<RestoreOutcome>
  run(argv: readonly string[], options?: CliOptions): Promise<CliResult>
  witness(vmid: number): Promise<{ readonly witness: Witness; readonly token: string }>
  status(vmid: number): Promise<'running' | 'stopped'>
  mark(vmid: number): Promise<SleepMark | undefined>
  stored(vmid: number): Promise<readonly StoredCheckpoint[]>
  /** Path of something in a checkpoint's folder. */
  path(vmid: number, name: string, file: string): string
  close(): Promise<void>
}

export async function openCriuBench(): Promise<CriuBench> {
  const node = await startLabNode()
  const shell = new SshExecutor(await nodeSsh())
  const warnings: string[] = []
  const context: CriuContext = {
    client: node.client,
    clock: systemClock,
    nodeShell: async () => shell,
    onWarning: (text) => void warnings.push(text),
  }
  const address = (vmid: number) => ({ vmid, node: node.simulator.node })
  const status = async (vmid: number) => (await node.client.containers.status(address(vmid))).status
  return {
    node,
    shell,
    context,
    warnings,
    async privileged(vmid) {
      await node.createContainer(vmid, `10.0.2.${vmid % 100}/24`)
    },
    async unprivileged(vmid) {
      const { client } = node
      const upid = await client.containers.create(node.simulator.node, {
        vmid,
        ostemplate: 'local:vztmpl/busybox_1.35-1_amd64.tar.gz',
        hostname: `ct${vmid}`,
        options: { rootfs: 'local-btrfs:1', memory: 256, swap: 0, unprivileged: 1, tty: 0, console: 0 },
      })
      await client.tasks.wait(upid)
      await client.tasks.wait(await client.containers.start(address(vmid)))
    },
    async restartWith(vmid, ...lines) {
      await command('lxc-stop', '-k', '-n', `${vmid}`)
      await until(async () => (await status(vmid)) === 'stopped')
      const file = `/var/lib/lxc/${vmid}/config`
      await writeFile(file, `${await readFile(file, 'utf8')}${lines.join('\n')}\n`)
      await command('lxc-start', '-n', `${vmid}`)
      await until(async () => (await status(vmid)) === 'running')
    },
    async checkpoint(vmid, request = {}) {
      const defaults = { leaveRunning: false, keep: 3, compress: false, force: false }
      const outcome = await checkpointInstance(context, String(vmid), { ...defaults, ...request })
      if (outcome === undefined) throw new Error('it was a dry run')
      return outcome
    },
    async restore(vmid, request = {}) {
      const outcome = await restoreInstance(context, String(vmid), { verify: true, force: false, ...request })
      if (outcome === undefined) throw new Error('it was a dry run')
      return outcome
    },
    run: (argv, options = {}) => cmux(argv, { ...options, env: { ...node.environment, ...options.env } }),
    async witness(vmid) {
      const token = crypto.randomUUID().replaceAll('-', '')
      return { witness: await Witness.start(shell, vmid, token), token }
    },
    status,
    mark: async (vmid) => readSleepMark((await node.client.containers.config(address(vmid))).description),
    stored: (vmid) => listCheckpoints(shell, node.simulator.node, vmid),
    path: (vmid, name, file) => `${CHECKPOINTS}/${vmid}/${name}/${file}`,
    async close() {
      await shell.close()
      await node.close()
    },
  }
}

/** Waits for something that happens outside of this process. */
export async function until(holds: () => Promise<boolean>, patience = 10_000): Promise<void> {
  for (const deadline = Date.now() + patience; !(await holds()); await systemClock.sleep(20)) {
    if (Date.now() > deadline) throw new Error('it did not come to be')
  }
}
