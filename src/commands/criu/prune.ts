import { Flags } from '@oclif/core'
import { systemClock } from '../../lib/clock.js'
import { CmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, durationFlag, yesFlag } from '../../lib/ui/flags.js'

export default class CriuPrune extends CriuCommand<typeof CriuPrune> {
  static override summary = 'Delete old checkpoints.'
  static override description =
    `With --keep the newest of each container stay, with --older-than what is younger stays; with both, what either would keep. Never
deleted are: one that a container sleeps in, one that a command is at work on, and those whose container cannot be seen (\`criu delete\`
does that).`
  static override examples = [
    '<%= config.bin %> <%= command.id %> --keep 2',
    '<%= config.bin %> <%= command.id %> web --older-than 7d --keep 1 --yes',
  ]
  static override args = {
    instance: containerArgument({ multiple: true, description: 'VMIDs or hostnames. Default: all containers.' }),
  }
  static override flags = {
    'older-than': durationFlag({ summary: 'Only those older than this, such as 7d.' }),
    keep: Flags.integer({ min: 0, summary: 'How many of each container to keep, whatever their age.' }),
    ...yesFlag,
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { listAllCheckpoints } = await import('../../lib/criu/list.js')
    const { prunable, removeAll } = await import('../../lib/criu/remove.js')
    const { formatBytes } = await import('../../lib/ui/size.js')
    const { keep, 'older-than': olderThan } = this.flags
    if (keep === undefined && olderThan === undefined) {
      throw new CmuxError('usage', 'What may go? Say --older-than, --keep, or both')
    }
    const context = await this.criu('Looking for old checkpoints')
    const all = await listAllCheckpoints(context, { references: this.args.instance ?? [] })
    const chosen = prunable(all, { olderThan, keep }, systemClock.now())
    const bytes = chosen.reduce((sum, one) => sum + one.bytes, 0)
    if (chosen.length === 0) {
      this.done('There is nothing to delete')
      return { deleted: [], bytes }
    }
    for (const { vmid, node, checkpoint } of chosen)
      this.output.note(`${checkpoint} of container ${vmid} on node ${node}`)
    await this.confirm(`Delete ${chosen.length} of ${all.length} checkpoints (${formatBytes(bytes)}) for good?`)
    await removeAll(context, chosen)
    this.done(`Deleted ${chosen.length} checkpoint${chosen.length === 1 ? '' : 's'}, ${formatBytes(bytes)}`)
    return { deleted: chosen, bytes }
  }
}
