import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CmuxError, isCmuxError } from '../errors.js'
import { simulatorClock } from '../simulator/clock.js'
import { Faults } from '../simulator/faults.js'
import type { LatencyProfile } from '../simulator/latency.js'
import { addContainers, addTemplate, TEMPLATE_VMID } from '../simulator/premade.js'
import { type Simulator, startSimulator } from '../simulator/serve.js'
import { defaultStorages } from '../simulator/storage/storage-config.js'
import type { PveVersion } from '../simulator/version.js'
import { filesBeside, markedText, refuseForeign, writeAll } from './environment-file.js'
import { fileError, refuseDevice } from './file-error.js'
import { holdStateFile } from './state-lock.js'

/** A simulator as a server of its own, as the command line asks for it. */
export interface StandaloneRequest {
  readonly nodes: number
  /** Types; none: `dir` and `lvmthin`. */
  readonly storages: readonly string[]
  readonly version: PveVersion
  readonly latency: LatencyProfile
  readonly timeScale: number
  readonly seed?: string
  /** Paths. */
  readonly stateFile?: string
  /** What becomes of the state file while it serves, in words. */
  readonly onStateFile?: (text: string) => void
  readonly faultsFile?: string
  readonly envFile?: string
  readonly host: string
  readonly port: number
  readonly sshPort: number
  /** Make the template 9000, unless there is one. */
  readonly template: boolean
  /** Clones of it that are there from the beginning. */
  readonly containers: number
}

export interface Standalone {
  readonly simulator: Simulator
  readonly environment: Readonly<Record<string, string>>
  close(): Promise<void>
}

/**
 * Starts it and writes the environment file. Errors: `exists` for an environment file with other settings, `usage` for a bad fault script, those of `fileError` for
 * files that cannot be used, `failed` for a state file that is none, `conflict` for a port that is taken.
 */
export async function startStandalone(request: StandaloneRequest): Promise<Standalone> {
  if (request.envFile !== undefined) await refuseForeign(request.envFile)
  const faults = request.faultsFile === undefined ? new Faults() : await readFaults(request.faultsFile)
  const { simulator, release } = await start(request, faults)
  let scratch: string | undefined
  const close = async () => {
    try {
      await simulator.close()
    } catch (error) {
      throw explained(error, request)
    } finally {
      await release()
      if (scratch !== undefined) await rm(scratch, { recursive: true, force: true })
    }
  }
  try {
    await furnish(simulator, request)
    let place = request.envFile
    if (place === undefined) {
      // Only without a file to put them beside: a folder of our own stays behind when we are killed.
      scratch = await mkdtemp(join(tmpdir(), 'cmux-pve-sim-'))
      place = join(scratch, 'sim')
    }
    const files = filesBeside(place)
    const hasTemplate = simulator.cluster.configs.find(TEMPLATE_VMID) !== undefined
    const environment = {
      ...simulator.environment(files),
      ...(hasTemplate && { PVE_TEMPLATE_VMID: String(TEMPLATE_VMID) }),
    }
    await writeAll([
      [files.keyFile, simulator.ssh.privateKey],
      [files.knownHostsFile, simulator.knownHosts],
      ...(request.envFile === undefined ? [] : [[request.envFile, markedText(environment)] as const]),
    ])
    return { simulator, environment, close }
  } catch (error) {
    await close()
    throw explained(error, request)
  }
}

interface Started {
  readonly simulator: Simulator
  /** Gives the state file free. */
  readonly release: () => Promise<void>
}

async function start(request: StandaloneRequest, faults: Faults): Promise<Started> {
  const { host, port, sshPort, version, latency, timeScale, seed, stateFile, onStateFile } = request
  let release = async () => {}
  try {
    if (stateFile !== undefined) {
      await refuseDevice(stateFile, `The state file cannot be used: ${stateFile} is no file`)
      release = await holdStateFile(stateFile)
    }
    const simulator = await startSimulator({
      ...{ host, port, sshPort, version, latency, faults },
      nodes: Array.from({ length: request.nodes }, (_, index) => `pve${index + 1}`),
      storages: defaultStorages(request.storages.length > 0 ? request.storages : ['dir', 'lvmthin']),
      clock: simulatorClock({ scale: timeScale }),
      ...(seed !== undefined && { seed }),
      ...(stateFile !== undefined && {
        stateFile,
        onStateUnwritten: (error) => onStateFile?.(stateFileText(stateFile, error)),
      }),
    })
    return { simulator, release }
  } catch (error) {
    await release()
    throw explained(error, request)
  }
}

/** The template and the containers that a newcomer, or a scale test, finds there. */
async function furnish({ cluster, router, environment }: Simulator, request: StandaloneRequest): Promise<void> {
  const { PVE_OSTEMPLATE: osTemplate, PVE_STORAGE: storage } = environment()
  const wanted = request.template || request.containers > 0
  if (wanted && cluster.configs.find(TEMPLATE_VMID) === undefined) {
    if (osTemplate === undefined || storage === undefined) {
      throw new CmuxError('unsupported', 'None of the storages can hold containers, so there can be no template.', {
        hint: 'Add --storage lvmthin, or say --no-template.',
      })
    }
    await addTemplate(cluster, router, { osTemplate, storage })
  }
  if (request.containers > 0 && cluster.configs.size <= 1) await addContainers(cluster, request.containers)
}

function stateFileText(path: string, error: Error | undefined): string {
  if (error === undefined) return `The state file is written again, and lacks nothing: ${path}`
  const why = fileError(error, path, 'The state file cannot be written').message
  return `${why}. The cluster goes on without it: until there is room, what changes is lost when the simulator is killed (${path})`
}

async function readFaults(path: string): Promise<Faults> {
  const script = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fileError(error, path, `${path} cannot be read`)
  })
  try {
    return Faults.parse(JSON.parse(script))
  } catch (error) {
    throw new CmuxError('usage', `${path}: ${messageOf(error)}`, {
      hint: 'A fault script is a JSON array of rules such as {"on": "task:vzclone", "nth": 3, "do": "fail"}.',
    })
  }
}

function explained(error: unknown, { host, stateFile }: StandaloneRequest): unknown {
  if (isCmuxError(error)) return error
  const { code, syscall, address = host, port, path = stateFile } = systemError(error)
  if (syscall === 'getaddrinfo' || code === 'EADDRNOTAVAIL') {
    return new CmuxError('usage', `--host ${host}: not an address of this machine (${code})`)
  }
  if (syscall === 'listen' || code === 'EADDRINUSE') {
    const problem = code === 'EADDRINUSE' ? 'is taken' : `cannot be listened on (${code})`
    return new CmuxError(code === 'EADDRINUSE' ? 'in-use' : 'conflict', `Port ${port} on ${address} ${problem}.`, {
      hint: 'Choose another with --port and --ssh-port; 0 takes any that is free.',
    })
  }
  if (stateFile === undefined) return error
  // What is written into an open file fails without a path.
  const isOfState = code === undefined ? messageOf(error).includes(stateFile) : String(path).startsWith(stateFile)
  if (!isOfState) return error
  const hint = 'Name another file with --state, or move this one away to begin anew.'
  return fileError(error, stateFile, 'The state file cannot be used', hint)
}

/** What Node's system errors carry. */
function systemError(error: unknown): Readonly<Record<string, unknown>> {
  return error instanceof Error ? { ...error } : {}
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
