import type { Executor, RunOptions, RunResult } from '../../executor/executor.js'

/** Runs commands as root inside one container, whichever way leads there. `run` is as in Executor. */
export interface ContainerShell {
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  close(): Promise<void>
}

/** Through `pct` on the container's node, with a clean environment and without a shell (PVE-FACTS 7.3). Closes the executor. */
export function pctShell(executor: Executor, vmid: number): ContainerShell {
  return {
    run: (argv, options) => executor.run(['pct', 'exec', String(vmid), '--keep-env', '0', '--', ...argv], options),
    close: () => executor.close(),
  }
}
