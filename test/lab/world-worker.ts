import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node'
import { openWorld, type World } from './world.js'

/** A vitest pool whose workers each run inside a world of their own, or as ordinary processes where the machine has no lab. */
export const worldPool: PoolRunnerInitializer = {
  name: 'world',
  createPoolWorker: (options) => new WorldWorker(options),
}

class WorldWorker implements PoolWorker {
  readonly name = 'world'
  readonly #options: PoolOptions
  #world: World | undefined
  #process: ChildProcess | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { distPath, execArgv, env, project } = this.#options
    const lab = project.getProvidedContext().lab
    if (lab.missing === undefined) this.#world = await openWorld(lab.installation)
    const entry = join(distPath, 'workers', 'forks.js')
    const node = [process.execPath] as const
    const [program, ...prefix] = this.#world?.enter(node, process.cwd()) ?? node
    this.#process = fork(entry, [], {
      execPath: program,
      execArgv: [...prefix, ...execArgv],
      env,
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      serialization: 'advanced',
    })
  }

  async stop(): Promise<void> {
    const worker = this.#running()
    if (worker.exitCode === null && worker.signalCode === null) {
      const exited = once(worker, 'exit')
      // nsenter passes no signal on: its child is the worker.
      for (const processId of [...childrenOf(worker), worker.pid]) if (processId !== undefined) kill(processId)
      await exited
    }
    this.#process = undefined
    await this.#closeWorld()
  }

  send(message: WorkerRequest): void {
    this.#running().send(message)
  }

  on(event: string, callback: (argument: unknown) => void): void {
    this.#running().on(event, callback)
  }

  off(event: string, callback: (argument: unknown) => void): void {
    this.#running().off(event, callback)
  }

  deserialize(data: unknown): unknown {
    return data
  }

  /** The tests of this worker have been counted by now, and vitest only prints what goes wrong here. */
  async #closeWorld(): Promise<void> {
    try {
      await this.#world?.close()
    } catch (error) {
      process.exitCode = 1
      throw error
    }
  }

  #running(): ChildProcess {
    if (this.#process === undefined) throw new Error('the worker was not started')
    return this.#process
  }
}

function childrenOf({ pid }: ChildProcess): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

function kill(processId: number): void {
  try {
    process.kill(processId, 'SIGKILL')
  } catch {
    // It has ended already.
  }
}
