import { CmuxError } from '../../errors.js'
import type { Executor, RunOptions } from '../../executor/executor.js'

/** What a script answered: words with their values, in order. */
export class Facts {
  readonly lines: readonly (readonly [string, string])[]

  constructor(lines: readonly (readonly [string, string])[]) {
    this.lines = lines
  }

  /** The first value of a word. */
  get(word: string): string | undefined {
    return this.lines.find(([key]) => key === word)?.[1]
  }

  all(word: string): readonly string[] {
    return this.lines.flatMap(([key, value]) => (key === word ? [value] : []))
  }
}

/**
 * Runs one of our scripts on a node. Its arguments are words that no shell looks at. Errors: those of the connection; `failed` when it
 * did not come to its end, with what it said.
 */
export async function runScript(
  shell: Executor,
  script: string,
  args: readonly string[],
  options: Pick<RunOptions, 'timeout' | 'signal'> = {},
): Promise<Facts> {
  const { exitCode, stdout, stderr } = await shell.run(['sh', '-c', script, 'cmux-pve', ...args], options)
  const lines = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [word = ''] = line.split(' ', 1)
      return [word, line.slice(word.length + 1)] as const
    })
  if (exitCode === 0 && lines.at(-1)?.[0] === 'end') return new Facts(lines)
  const complaint = stderr.trim().split('\n').at(-1) || `status ${exitCode}`
  throw new CmuxError('failed', `A script on ${shell.target} did not come to its end: ${complaint}`, {
    hint: 'It works as root with the tools of a Proxmox VE node.',
  })
}
