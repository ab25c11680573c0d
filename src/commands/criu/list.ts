import { Flags } from '@oclif/core'
import { systemClock } from '../../lib/clock.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'

export default class CriuList extends CriuCommand<typeof CriuList> {
  static override summary = 'List checkpoints, and what each is to its container.'
  static override description =
    `Looks on every node that is online. A checkpoint that a command was killed over shows as interrupted, one that no longer fits its
container as stale, with the reasons. Whether the disk has changed is looked at by \`criu inspect\`.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> web --json | jq .data[].state',
  ]
  static override args = {
    instance: containerArgument({
      multiple: true,
      description: 'VMIDs or hostnames; a VMID may be one that is gone. Default: all.',
    }),
  }
  static override flags = {
    node: Flags.string({ summary: 'Only those on this node.' }),
    ...nodeFlags,
  }

  async run() {
    const { listAllCheckpoints } = await import('../../lib/criu/list.js')
    const { checkpointColumns } = await import('../../lib/ui/checkpoint-text.js')
    const context = await this.criu('Looking for checkpoints')
    const checkpoints = await listAllCheckpoints(context, {
      references: this.args.instance ?? [],
      node: this.flags.node,
    })
    this.progress?.end()
    await this.output.table(checkpoints, checkpointColumns(systemClock.now()), { empty: 'No checkpoints.' })
    return checkpoints
  }
}
