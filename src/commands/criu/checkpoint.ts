import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { checkpointFlag, dryRunFlag } from '../../lib/ui/flags.js'

export default class CriuCheckpoint extends CriuCommand<typeof CriuCheckpoint> {
  static override summary = 'Put a running container to sleep: its memory is written to disk, and it stops.'
  static override description =
    `First looks whether it can work, and says why not (see \`criu status\`). A failure leaves the container running. While it
sleeps, \`instance list\` and \`instance status\` say so; \`criu restore\` wakes it. Interrupting does not break a freeze off: it goes on on the node.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web --name before-upgrade --keep 5 --compress',
    '<%= config.bin %> <%= command.id %> web --leave-running --print-stats',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    name: checkpointFlag({ summary: 'Name of the checkpoint. Default: the time, such as 20261122-061500.' }),
    'leave-running': Flags.boolean({
      default: false,
      summary: 'Let the container run on. Its disk changes then, and only --force restores such a checkpoint.',
    }),
    keep: Flags.integer({
      default: 3,
      min: 1,
      summary: 'How many checkpoints of the container to keep, this one included; older ones are removed.',
    }),
    compress: Flags.boolean({ default: false, summary: 'Compress the memory pages, with zstd where the node has it.' }),
    'print-stats': Flags.boolean({
      default: false,
      summary: 'Print how long each stage took, and how much was written.',
    }),
    force: Flags.boolean({
      default: false,
      char: 'f',
      summary: 'Try although `criu status` says that it cannot work. A freeze that fails leaves the container running.',
    }),
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { checkpointInstance } = await import('../../lib/criu/checkpoint.js')
    const { checkpointText, statisticsText } = await import('../../lib/ui/criu-text.js')
    const { name, keep, compress, force, 'leave-running': leaveRunning } = this.flags
    const context = await this.criu('Looking whether it can be checkpointed')
    const request = { leaveRunning, keep, compress, force, ...(name !== undefined && { name }) }
    const outcome = await checkpointInstance(context, this.args.instance, request)
    if (outcome === undefined) return undefined
    this.done(checkpointText(outcome))
    if (this.flags['print-stats']) for (const line of statisticsText(outcome)) this.output.text(line)
    return outcome
  }
}
