import { Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import type { Standalone } from '../../lib/sim/standalone.js'
import { BaseCommand } from '../../lib/ui/base-command.js'

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

export default class SimServe extends BaseCommand<typeof SimServe> {
  static override summary = 'Run a simulated Proxmox VE cluster: its REST API over TLS and its shell over SSH.'
  static override description =
    `Prints what a shell needs to point every other command at it, and runs until it is interrupted. It pretends to be a Proxmox VE
in everything but the containers, which live in this process's memory only. Template 9000 is there to be cloned.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --env-file .env --port 0 --ssh-port 0',
    '<%= config.bin %> <%= command.id %> --nodes 3 --storage dir --storage zfspool --state cluster.state',
    '<%= config.bin %> <%= command.id %> --latency instant --faults faults.json --seed 1',
  ]
  static override flags = {
    nodes: Flags.integer({
      min: 1,
      max: 32,
      default: 1,
      summary: 'How many nodes the cluster has: pve1, pve2 and so on.',
    }),
    storage: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      options: ['dir', 'lvmthin', 'zfspool', 'btrfs', 'rbd', 'nfs', 'lvm'],
      summary: 'A type of storage to have; can be given several times. Default: dir and lvmthin.',
    }),
    'pve-version': Flags.option({ options: ['9.2', '8.4'] as const })({
      default: '9.2',
      summary: 'Which Proxmox VE to be.',
    }),
    latency: Flags.option({ options: ['instant', 'realistic'] as const })({
      default: 'realistic',
      summary: 'Whether work takes the time it takes on a real node.',
    }),
    'time-scale': Flags.string({
      default: '1',
      summary: 'How many times faster than real time runs.',
      helpValue: '<number>',
    }),
    seed: Flags.string({ summary: 'Makes process ids, addresses and delays come out the same every time.' }),
    state: Flags.string({
      summary: 'Keep everything in this file and go on from it after a restart.',
      helpValue: '<file>',
    }),
    faults: Flags.string({
      summary: 'A script of things to go wrong, in JSON; docs/contributing.md has its rules.',
      helpValue: '<file>',
    }),
    'env-file': Flags.string({
      summary:
        'Write the settings that reach this cluster to this file, and the SSH key beside it. What is not of a simulator is left alone.',
      helpValue: '<file>',
    }),
    host: Flags.string({
      default: '127.0.0.1',
      summary: 'Address to listen on. Whoever reaches it can try to log in.',
    }),
    port: Flags.integer({ min: 0, max: 65_535, default: 8006, summary: 'Port of the REST API; 0 takes any.' }),
    'ssh-port': Flags.integer({
      min: 0,
      max: 65_535,
      default: 2222,
      summary: "Port of the first node's SSH; 0 takes any.",
    }),
    template: Flags.boolean({
      default: true,
      allowNo: true,
      summary: 'Have a finished template 9000, which is the default.',
    }),
    containers: Flags.integer({
      min: 0,
      max: 100_000,
      default: 0,
      summary: 'Have so many stopped clones of template 9000.',
    }),
  }
  static override interruptGrace = 5000

  async run(): Promise<unknown> {
    const { startStandalone } = await import('../../lib/sim/standalone.js')
    const { flags } = this
    let isAnnounced = false
    const standalone = await startStandalone({
      nodes: flags.nodes,
      storages: flags.storage ?? [],
      version: flags['pve-version'],
      latency: flags.latency,
      timeScale: timeScale(flags['time-scale']),
      host: flags.host,
      port: flags.port,
      sshPort: flags['ssh-port'],
      template: flags.template,
      containers: flags.containers,
      ...(flags.seed !== undefined && { seed: flags.seed }),
      ...(flags.state !== undefined && { stateFile: flags.state }),
      onStateFile: (text) => {
        this.output.warn(text)
        // Under --json a warning goes with an object, and the first of them is the one that whoever started it waits for.
        if (isAnnounced) this.output.item({ simulated: true })
      },
      ...(flags.faults !== undefined && { faultsFile: flags.faults }),
      ...(flags['env-file'] !== undefined && { envFile: flags['env-file'] }),
    })
    try {
      await this.#announce(standalone)
      isAnnounced = true
      await interrupted(this.signal)
    } finally {
      await standalone.close()
    }
    this.output.note('The simulated cluster has stopped.')
    return undefined
  }

  async #announce({ simulator, environment }: Standalone): Promise<void> {
    const { environmentText } = await import('../../lib/sim/environment-file.js')
    const { cluster, url, fingerprint } = simulator
    const { version, repoid } = cluster.version
    const nodes = [...simulator.shells].map(([name, { host, port }]) => ({ name, ssh: `${host}:${port}` }))
    if (!LOOPBACK.has(this.flags.host))
      this.output.warn(`This simulator can be reached from other machines (${this.flags.host}).`)
    this.output.text(`# This is a SIMULATED Proxmox VE ${version} (${repoid}): nothing in it is real.`)
    this.output.text(`# ${nodes.map(({ name, ssh }) => `${name} (SSH at ${ssh})`).join(', ')}; Ctrl-C ends it.`)
    this.output.text(environmentText(environment, 'export ').trimEnd())
    this.output.item({ simulated: true, url, fingerprint, version, repoid, nodes, environment })
  }
}

function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function timeScale(text: string): number {
  const scale = Number(text)
  if (Number.isFinite(scale) && scale > 0) return scale
  throw new CmuxError('usage', `--time-scale ${text}: not a number greater than zero`)
}
