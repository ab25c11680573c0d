import { Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { checkpointArgument, containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, yesFlag } from '../../lib/ui/flags.js'

export default class CriuDelete extends CriuCommand<typeof CriuDelete> {
  static override summary = 'Delete checkpoints of a container.'
  static override description =
    `The one that the container sleeps in is refused: with --force it is deleted too, its memory is lost, and the container starts afresh
next time. The container may be gone already: name it by its VMID then. To delete a snapshot, see \`criu delete-snapshot\`.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web 20261122-061500',
    '<%= config.bin %> <%= command.id %> 101 --all --yes',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
    checkpoint: checkpointArgument({ multiple: true, description: 'Their names; else say --all.' }),
  }
  static override flags = {
    all: Flags.boolean({ default: false, summary: 'All checkpoints of the container, on all nodes.' }),
    force: Flags.boolean({ char: 'f', default: false, summary: 'Also the one that the container sleeps in.' }),
    ...yesFlag,
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { chooseCheckpoints, removeAll } = await import('../../lib/criu/remove.js')
    const { instance: reference, checkpoint: names = [] } = this.args
    const { all, force } = this.flags
    if (all === names.length > 0) {
      throw new CmuxError('usage', all ? 'Say either names or --all' : 'Which checkpoints? Say their names, or --all')
    }
    const context = await this.criu('Deleting checkpoints')
    const chosen = await chooseCheckpoints(context, reference, { names: all ? 'all' : names, force })
    const list = chosen.map(({ checkpoint, node }) => `${checkpoint} on node ${node}`).join(', ')
    await this.confirm(`Delete ${list} for good?`)
    await removeAll(context, chosen)
    this.done(`Deleted ${list}`)
    return { deleted: chosen }
  }
}
