import { isCmuxError } from '../errors.js'
import type { Executor } from '../executor/executor.js'
import type { Settings } from '../settings/settings.js'
import type { Finding } from './finding.js'

/** Milliseconds that a harmless command on the node may take. */
const ANSWER_TIME = 30_000

/** Whether the node's shell can be reached, and whether `pct` and `criu` answer there. */
export async function checkShell(settings: Settings, signal: AbortSignal): Promise<readonly Finding[]> {
  if (settings.ssh === undefined || !settings.sources.has('PVE_SSH_HOST'))
    return [
      {
        topic: 'ssh',
        verdict: 'skipped',
        subject: 'SSH',
        detail: 'not set up: instance exec and shell need it',
        remedy: 'Put PVE_SSH_HOST=root@host into the environment or a .env file.',
      },
    ]
  const { SshExecutor } = await import('../executor/ssh-executor.js')
  const executor = new SshExecutor(settings.ssh)
  const target = { topic: 'ssh', subject: `SSH ${executor.target}` } as const
  try {
    const version = await executor.run(['pveversion'], { timeout: ANSWER_TIME, signal })
    if (version.exitCode !== 0)
      return [
        {
          ...target,
          verdict: 'failed',
          detail: 'the host answers, but it is not a Proxmox VE node (pveversion does not run)',
          remedy: 'Set PVE_SSH_HOST to the node itself.',
          code: 'failed',
        },
      ]
    return [
      { ...target, verdict: 'ok', detail: version.stdout.trim() },
      await checkTool(executor, signal, ['pct', 'list'], 'failed', 'Log in as root: pct refuses everybody else.'),
      await checkTool(
        executor,
        signal,
        ['criu', 'check'],
        'warning',
        'Only the criu commands need it. On the node: apt install criu, then criu check.',
      ),
    ]
  } catch (error) {
    if (!isCmuxError(error) || error.code === 'interrupted') throw error
    return [
      {
        ...target,
        verdict: 'failed',
        detail: error.message,
        ...(error.hint !== undefined && { remedy: error.hint }),
        code: error.code,
      },
    ]
  } finally {
    await executor.close()
  }
}

/** Runs a harmless command of a tool; its last line of output is the detail. */
async function checkTool(
  executor: Executor,
  signal: AbortSignal,
  argv: readonly [string, ...string[]],
  otherwise: 'failed' | 'warning',
  remedy: string,
): Promise<Finding> {
  const found = { topic: 'ssh', subject: `${argv[0]} on ${executor.target}` } as const
  const result = await executor.run(argv, { timeout: ANSWER_TIME, signal })
  if (result.exitCode === 0) return { ...found, verdict: 'ok', detail: `${argv.join(' ')} works` }
  const said = `${result.stderr}\n${result.stdout}`.trim().split('\n').at(-1) ?? ''
  return {
    ...found,
    verdict: otherwise,
    detail: `${argv.join(' ')} ended with status ${result.exitCode}: ${said}`,
    remedy,
    ...(otherwise === 'failed' && { code: 'failed' }),
  }
}
