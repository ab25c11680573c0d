import { ApiError } from '../../api/api-error.js'
import type { HttpMethod } from '../../api/method.js'
import type { FoundMethod } from '../../api/registry.js'
import type { RawParameters } from '../../api/request-parameters.js'
import type { ApiRouter, CliContext } from '../../api/router.js'
import type { ProgramContext } from '../../guest/machine/program.js'

/** How a call ended. An error before a worker started is thrown, the worker's own is a result. */
export interface CallOutcome {
  readonly data: unknown
  /** The task that ran in the foreground. */
  readonly upid?: string
  readonly workerError?: string
}

/** The API as a tool on the node calls it: root@pam, without HTTP, workers in the foreground. */
export interface NodeApi {
  readonly node: string
  /** The method that a path means; undefined when there is none. */
  find(method: HttpMethod, path: string): FoundMethod | undefined
  /** Rejects with the ApiError of a call that could not begin. */
  call(method: HttpMethod, path: string, parameters?: RawParameters): Promise<CallOutcome>
}

/** Workers print to the tool's stdout; their warnings are counted on its stderr (PVE-FACTS 7.1). */
export function nodeApi(router: ApiRouter, node: string, shell: ProgramContext): NodeApi {
  return {
    node,
    find: (method, path) => router.registry.find(method, path),
    async call(method, path, parameters = {}) {
      let printed: Promise<void> = Promise.resolve()
      let upid: string | undefined
      const after = (write: () => Promise<void>) => {
        printed = printed.then(write)
        // A terminal that is gone: the process ends by its signal.
        printed.catch(() => undefined)
      }
      const cli: CliContext = {
        print: (line) => after(() => shell.out(`${line}\n`)),
        warn: (line) => after(() => shell.err(`${line}\n`)),
        onWorker: (started) => {
          upid ??= started
        },
        signal: shell.process.signal,
      }
      try {
        const data = await router.invoke(node, method, path, parameters, cli)
        await printed
        return { data, ...(upid === undefined ? {} : { upid }) }
      } catch (error) {
        await printed
        if (upid === undefined || (error instanceof ApiError && error.status === 400)) throw error
        return { data: upid, upid, workerError: error instanceof Error ? error.message : String(error) }
      }
    },
  }
}
