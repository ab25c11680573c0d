import { Flags } from '@oclif/core'
import { isCmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { LineWriter } from '../../lib/ui/line-writer.js'
import { RemoteCommand } from '../../lib/ui/remote-command.js'

export default class InstanceLogs extends RemoteCommand<typeof InstanceLogs> {
  static override summary = 'Show the end of the log of a running container.'
  static override description =
    'The journal, where there is one; else what syslog writes; or the file named. With --json and --follow each line is an object.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web --follow --lines 10',
    '<%= config.bin %> <%= command.id %> 101 --file /var/log/nginx/error.log -f',
  ]
  /** What it runs in the container is no affair of the caller's: its failures are told as everywhere. */
  static override toolFailed = undefined
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    ...executionFlags,
    file: Flags.string({ helpValue: '<path>', summary: 'A log file in the container.' }),
    follow: Flags.boolean({ char: 'f', summary: 'Go on with what is added, until interrupted.' }),
    lines: Flags.integer({ char: 'n', default: 100, min: 0, summary: 'How many of the last lines.' }),
  }

  async run() {
    const { readLogs } = await import('../../lib/instance/logs.js')
    const { file, follow, lines } = this.flags
    const stdout = this.jsonEnabled() && follow ? new LineWriter((line) => this.output.item({ line })) : undefined
    try {
      const { stdout: text, ...outcome } = await this.runRemotely({ tty: false, stdin: false }, (context, options) =>
        readLogs(context, this.args.instance, { file, follow, lines }, { ...options, ...(stdout && { stdout }) }),
      )
      return { ...outcome, lines: text.split('\n').slice(0, -1) }
    } catch (error) {
      // That is how following is meant to end.
      if (!follow || !isCmuxError(error, 'interrupted')) throw error
      this.exitCode = error.exitCode
      return undefined
    }
  }
}
