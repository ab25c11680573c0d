import type { Executor, RunOptions, RunResult } from './executor.js'

/** Runs commands as root inside one container, whichever way leads there. */
export interface ContainerShell {
  /** See Executor.run. The environment is the same on every way: PATH, TERM=linux and container=lxc, nothing else. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>
  close(): Promise<void>
}

/** The same for people. */
export interface ContainerLogin extends ContainerShell {
  /** The way, for messages: `pct on root@pve1:22`. */
  readonly way: string
  /** A login shell of root. `options.tty` makes it one to work in. */
  login(options: RunOptions): Promise<RunResult>
}

/** Through `pct` on the container's own node, without a shell (PVE-FACTS 7.3). Closes the executor. */
export function pctShell(executor: Executor, vmid: number): ContainerLogin {
  const id = String(vmid)
  return {
    way: `pct on ${executor.target}`,
    run: (argv, options) => executor.run(['pct', 'exec', id, '--keep-env', '0', '--', ...argv], options),
    login: (options) => executor.run(['pct', 'enter', id, '--keep-env', '0'], options),
    close: () => executor.close(),
  }
}

/** Through an executor that is in the container already. Closes it. */
export function directShell(executor: Executor): ContainerLogin {
  return {
    way: executor.target,
    run: (argv, options) => executor.run(withCleanEnvironment(argv), options),
    login: (options) => executor.run(['sh', '-c', 'exec "$SHELL" -l'], options),
    close: () => executor.close(),
  }
}

/** What lxc-attach gives a command with `--keep-env 0` (PVE-FACTS 7.3). */
const ENVIRONMENT = [
  'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  'container=lxc',
  'TERM=linux',
] as const

/** `env` would take a command with `=` in its name for a variable. */
function withCleanEnvironment(argv: readonly string[]): readonly string[] {
  const shield = argv[0]?.includes('=') ? ['sh', '-c', 'exec "$@"', 'sh'] : []
  return ['env', '-i', ...ENVIRONMENT, ...shield, ...argv]
}
