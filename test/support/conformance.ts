import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { simulatorClock } from '../../src/lib/simulator/clock.js'
import { Faults } from '../../src/lib/simulator/faults.js'
import { type Simulator, startSimulator } from '../../src/lib/simulator/serve.js'
import { defaultStorages } from '../../src/lib/simulator/storage/storage-config.js'

/** Replays scenarios against a node. Resolves with the exit code of the replay. */
export type Replay = (request: {
  /** Files or folders; none: those beside replay.mjs. Words that start with a dash go to replay.mjs as they are. */
  readonly scenarios: readonly string[]
  /** The VMIDs from here to ten further belong to this replay. Default: 300. */
  readonly base?: number
  /** Where what it prints goes. */
  readonly print: (text: string) => void
}) => Promise<number>

/** The scenarios look at containers while their tasks run: much faster than this, they would come too late. */
const TIME_SCALE = 2
/** Five requests in a row have to come while a disk is copied, on a busy machine too. */
const LARGE_DISKS = [{ on: 'step:vzclone.copy', times: 'always', do: 'delay', ms: 3000 }]
const OS_TEMPLATE = 'local:vztmpl/busybox_1.35-1_amd64.tar.gz'
const SSH_OPTIONS = ['LogLevel=ERROR', 'StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'IdentitiesOnly=yes']

/** Gives `work` a simulator as the recordings want it. `folder`: where replay.mjs and its scenarios are. */
export async function withRecordedNode<T>(folder: string, work: (replay: Replay) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'cmux-conformance-'))
  const simulator = await startSimulator({
    storages: defaultStorages(['dir', 'btrfs']),
    osTemplates: [{ volid: OS_TEMPLATE, size: 2 ** 20 }],
    latency: 'realistic',
    clock: simulatorClock({ scale: TIME_SCALE }),
    faults: Faults.parse(LARGE_DISKS),
    seed: 'conformance',
  })
  try {
    const key = join(scratch, 'key')
    writeFileSync(key, simulator.ssh.privateKey, { mode: 0o600 })
    const fixed = [join(folder, 'replay.mjs'), ...nodeArguments(simulator, key)]
    return await work(({ scenarios, base = 300, print }) =>
      run([...fixed, '--base', String(base), ...scenarios], print),
    )
  } finally {
    await simulator.close()
    rmSync(scratch, { recursive: true })
  }
}

function nodeArguments(simulator: Simulator, key: string): readonly string[] {
  const { url, token, lowToken, node, ssh } = simulator
  const options = SSH_OPTIONS.map((option) => `-o ${option}`).join(' ')
  return [
    ...['--url', url, '--token', `${token.id}=${token.secret}`, '--low-token', `${lowToken.id}=${lowToken.secret}`],
    ...['--node', node, '--linked', 'local-btrfs', '--plain', 'local', '--ostemplate', OS_TEMPLATE],
    ...['--ssh', `ssh -F none -p ${ssh.port} -i ${key} ${options} ${ssh.user}@${ssh.host}`],
  ]
}

function run(argv: readonly string[], print: (text: string) => void): Promise<number> {
  const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] })
  const pass = (stream: Readable) => stream.setEncoding('utf8').on('data', print)
  pass(child.stdout)
  pass(child.stderr)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code) => resolve(code ?? 1))
  })
}
