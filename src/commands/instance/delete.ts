import { Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import type { DeleteOutcome } from '../../lib/instance/delete.js'
import type { ContainerAddress } from '../../lib/pve/client.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, waitFlags, yesFlag } from '../../lib/ui/flags.js'

export default class InstanceDelete extends CriuCommand<typeof InstanceDelete> {
  static override summary = 'Delete containers and their disks.'
  static override description =
    `Templates are refused: see \`template delete\`. Checkpoints are files on the nodes: without --checkpoints they stay, and the next container with
the VMID inherits them. Where the settings say how its node is reached, those that stay there are named.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web db --force --yes',
    '<%= config.bin %> <%= command.id %> 101 --if-exists --yes',
    '<%= config.bin %> <%= command.id %> web --checkpoints --yes',
  ]
  static override args = {
    instance: containerArgument({ required: true, multiple: true, description: 'VMIDs or hostnames.' }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'Stop it first when it runs.' }),
    'if-exists': Flags.boolean({ summary: 'Do not fail when there is no such container.' }),
    purge: Flags.boolean({ summary: 'Remove it from backup jobs, replication and high availability too.' }),
    checkpoints: Flags.boolean({ summary: 'Remove what `criu checkpoint` has kept of its memory too, on all nodes.' }),
    ...nodeFlags,
    ...yesFlag,
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { deleteInstance } = await import('../../lib/instance/delete.js')
    const { deletionText } = await import('../../lib/ui/power-text.js')
    const { force, purge, wait, timeout, checkpoints, 'if-exists': ifExists } = this.flags
    if (checkpoints && !wait) {
      throw new CmuxError('usage', '--checkpoints needs to wait: they are removed when the container is gone', {
        hint: 'Leave --no-wait away.',
      })
    }
    const disks = checkpoints ? 'all its disks and checkpoints' : 'all its disks'
    await this.confirm(`Delete ${this.args.instance.join(', ')} and ${disks} for good?`)
    const context = await this.criu('Deleting')
    const options = { force, purge, ifExists, timeout }
    const { isWayGiven } = await import('../../lib/executor/open-node-shell.js')
    const { keptOnNode } = await import('../../lib/criu/kept-on-node.js')
    const settings = await this.settings()
    const kept = async (ct: ContainerAddress) => (isWayGiven(settings, ct.node) ? keptOnNode(context, ct) : [])
    const remove = async (reference: string): Promise<DeleteOutcome> => {
      if (!checkpoints) return deleteInstance(context, reference, { ...options, wait, kept })
      const { deleteWithCheckpoints } = await import('../../lib/criu/delete-instance.js')
      return deleteWithCheckpoints(context, reference, options)
    }
    return this.forEach({
      references: this.args.instance,
      verb: 'delete',
      wait,
      run: remove,
      sentence: deletionText(wait),
    })
  }
}
