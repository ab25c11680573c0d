import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { checkpointFlag, dryRunFlag } from '../../lib/ui/flags.js'

export default class CriuRestore extends CriuCommand<typeof CriuRestore> {
  static override summary = 'Wake a container: bring it back with the memory that it was put to sleep with.'
  static override description =
    `Refuses a checkpoint that no longer fits the container, and never one whose images have changed. It does not boot anything: a
failure leaves the checkpoint as it was. This is also what recovers from an interrupted checkpoint or restore, whatever was reached.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web --checkpoint before-upgrade --verify',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    checkpoint: checkpointFlag({ summary: 'Which checkpoint. Default: the one that it sleeps in, else the newest.' }),
    verify: Flags.boolean({
      default: false,
      summary: 'Fail when a process or a limit is not back as it was. Without it that is a warning.',
    }),
    force: Flags.boolean({
      default: false,
      char: 'f',
      summary:
        'Restore although the container has run or was changed since, or the kernel is another. This can destroy data.',
    }),
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { restoreInstance } = await import('../../lib/criu/restore.js')
    const { limitText, restoreText } = await import('../../lib/ui/criu-text.js')
    const { checkpoint, verify, force } = this.flags
    const context = await this.criu('Checking the checkpoint')
    const request = { verify, force, ...(checkpoint !== undefined && { checkpoint }) }
    const outcome = await restoreInstance(context, this.args.instance, request)
    if (outcome === undefined) return undefined
    this.done(restoreText(outcome))
    for (const limit of outcome.limits) this.output.note(limitText(limit))
    return outcome
  }
}
