import { checkpointArgument, containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'

export default class CriuInspect extends CriuCommand<typeof CriuInspect> {
  static override summary = 'Show one checkpoint: process tree, sizes, age, and whether it still fits its container.'
  static override description =
    `While the container is stopped, its images are compared with the sums that were taken of them, and its disk is looked at. Changes nothing.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> 101 before-upgrade --json',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
    checkpoint: checkpointArgument({
      description: 'Its name. Default: the one that the container sleeps in, else the newest.',
    }),
  }
  static override flags = { ...nodeFlags }

  async run() {
    const { inspectCheckpoint } = await import('../../lib/criu/inspect.js')
    const { inspectText } = await import('../../lib/ui/checkpoint-text.js')
    const context = await this.criu('Inspecting')
    const outcome = await inspectCheckpoint(context, this.args.instance, this.args.checkpoint)
    this.progress?.end()
    for (const line of inspectText(outcome)) this.output.text(line)
    if (outcome.wayOut !== undefined) {
      this.output.warn(outcome.wayOut)
      this.exitCode = 1
    }
    return outcome
  }
}
