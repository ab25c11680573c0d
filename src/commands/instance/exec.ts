import { Args, Errors, Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { durationFlag } from '../../lib/ui/flags.js'
import { RemoteCommand } from '../../lib/ui/remote-command.js'

export default class InstanceExec extends RemoteCommand<typeof InstanceExec> {
  static override summary = 'Run a command in a running container.'
  static override description =
    `Runs it as root, without a shell: use \`sh -c '…'\` for pipes and variables. Standard input is passed on unless it is a terminal;
the exit code is that of the command, 125 when it could not be run, 126 and 127 as in a shell.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101 -- ls -la /root',
    "<%= config.bin %> <%= command.id %> web -- sh -c 'ls /etc | wc -l'",
    'tar c . | <%= config.bin %> <%= command.id %> web -- tar x -C /srv',
    '<%= config.bin %> <%= command.id %> web --tty -- top',
    '<%= config.bin %> <%= command.id %> web --mode container-ssh --accept-new-host-key -- uptime',
  ]
  static override usage = 'instance exec INSTANCE [FLAGS] -- COMMAND...'
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
    command: Args.string({ required: true, multiple: true, description: 'The command and its arguments, after `--`.' }),
  }
  static override flags = {
    ...executionFlags,
    tty: Flags.boolean({ char: 't', summary: 'Give the command a terminal, for programs that people work in.' }),
    stdin: Flags.boolean({
      allowNo: true,
      summary: 'Pass standard input on. Default: unless it is a terminal and --tty is not given.',
    }),
    timeout: durationFlag({ summary: 'End the command after this time, such as 90s, with exit code 124.' }),
  }

  override async init(): Promise<void> {
    try {
      await super.init()
    } catch (error) {
      throw aboutDashes(error, this.argv)
    }
    const dashes = this.argv.indexOf('--')
    if (dashes !== -1 && !this.argv.slice(0, dashes).includes(this.args.instance)) throw nobodyNamed()
  }

  async run() {
    const { execInInstance } = await import('../../lib/instance/exec.js')
    const { instance, command } = this.args
    const { tty, timeout } = this.flags
    const stdin = this.flags.stdin ?? (tty || process.stdin.isTTY !== true)
    if (tty && this.jsonEnabled()) throw new CmuxError('usage', '--tty cannot go with --json')
    return this.runRemotely({ tty, stdin }, (context, options) =>
      execInInstance(context, instance, command, { ...options, ...(timeout !== undefined && { timeout }) }),
    )
  }
}

/** What the parser refuses because `--`, which parts the command from the rest, is missing or comes too early. */
function aboutDashes(error: unknown, argv: readonly string[]): unknown {
  if (!(error instanceof Errors.CLIError)) return error
  const dashes = argv.indexOf('--')
  if (dashes === -1 && error.message.startsWith('Nonexistent flag')) {
    const message = `${error.message.split('\n', 1)[0]}; what belongs to the command follows \`--\``
    return new CmuxError('usage', message, { hint: `Write it like ${EXAMPLE}.`, cause: error })
  }
  if (dashes !== -1 && dashes < argv.length - 1 && error.message.startsWith('Missing')) return nobodyNamed(error)
  return error
}

/** The parser takes the first word behind `--` for the container when there is none before. */
function nobodyNamed(cause?: unknown): CmuxError {
  const message = 'No container is named: it stands before `--`, and the command behind it'
  return new CmuxError('usage', message, { hint: `Write it like ${EXAMPLE}.`, cause })
}

const EXAMPLE = '`cmux-pve instance exec web -- ls -la`'
