import { CmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { executionFlags } from '../../lib/ui/execution-flags.js'
import { RemoteCommand } from '../../lib/ui/remote-command.js'

export default class InstanceShell extends RemoteCommand<typeof InstanceShell> {
  static override summary = 'Open a shell in a running container.'
  static override description = 'A login shell of root. Ends with the exit code of the shell.'
  static override examples = ['<%= config.bin %> <%= command.id %> 101', '<%= config.bin %> <%= command.id %> web']
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = { ...executionFlags }

  async run() {
    const { openShell } = await import('../../lib/instance/exec.js')
    if (this.jsonEnabled() || process.stdin.isTTY !== true) {
      throw new CmuxError('usage', 'A shell needs a terminal', {
        hint: `Run a command in its place: \`cmux-pve instance exec ${this.args.instance} -- COMMAND\`.`,
      })
    }
    return this.runRemotely({ tty: true, stdin: true }, (context, options) =>
      openShell(context, this.args.instance, options),
    )
  }
}
