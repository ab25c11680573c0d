import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PoolOptions, PoolRunnerInitializer, PoolWorker, WorkerRequest } from 'vitest/node'

/** A vitest pool whose workers run inside the lab's world, or as ordinary processes where there is none. */
export const worldPool: PoolRunnerInitializer = {
  name: 'world',
  createPoolWorker: (options) => new WorldWorker(options),
}

class WorldWorker implements PoolWorker {
  readonly name = 'world'
  readonly #options: PoolOptions
  #process: ChildProcess | undefined

  constructor(options: PoolOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { distPath, execArgv, env, project } = this.#options
    const lab = project.getProvidedContext().lab
    const entry = join(distPath, 'workers', 'forks.js')
    const [program, ...prefix] = lab.missing === undefined ? [...lab.enter, process.execPath] : [process.execPath]
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
