import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { simulatorClock } from '../../src/lib/simulator/clock.js'
import { Faults } from '../../src/lib/simulator/faults.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/lib/simulator/serve.js'
import { defaultStorages } from '../../src/lib/simulator/storage/storage-config.js'

export interface TestSimulatorOptions extends Omit<SimulatorOptions, 'storages' | 'faults' | 'clock'> {
  /** Types of storage. Default: `dir` and `lvmthin`. */
  readonly storages?: readonly string[]
  /** A fault script. */
  readonly faults?: readonly unknown[]
  /** How many times faster simulated time runs. Default: 20. */
  readonly timeScale?: number
}

export interface TestSimulator extends Simulator {
  /** For a command that is started as a process: the settings, with the SSH key in a file of its own. */
  readonly environmentVariables: Readonly<Record<string, string>>
  /** The private key that may log in over SSH. */
  readonly keyFile: string
  /** The host keys of all nodes. */
  readonly knownHostsFile: string
}

/** A simulated cluster on free ports for end-to-end tests. Close it when the tests are over. */
export async function startTestSimulator(options: TestSimulatorOptions = {}): Promise<TestSimulator> {
  const { storages = ['dir', 'lvmthin'], faults = [], timeScale = 20, ...rest } = options
  const simulator = await startSimulator({
    seed: 1,
    ...rest,
    storages: defaultStorages(storages),
    faults: Faults.parse(faults),
    clock: simulatorClock({ scale: timeScale }),
  })
  const folder = mkdtempSync(join(tmpdir(), 'cmux-simulator-'))
  const keyFile = join(folder, 'id_ed25519')
  writeFileSync(keyFile, simulator.ssh.privateKey, { mode: 0o600 })
  const knownHostsFile = join(folder, 'known_hosts')
  writeFileSync(knownHostsFile, simulator.knownHosts)
  return {
    ...simulator,
    keyFile,
    knownHostsFile,
    environmentVariables: simulator.environment({ keyFile, knownHostsFile }),
    async close() {
      await simulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
