import { Args, Flags } from '@oclif/core'
import { dryRunFlag, waitFlags, yesFlag } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceDelete extends ServiceCommand<typeof InstanceDelete> {
  static override summary = 'Delete containers and their disks.'
  static override description = 'Templates are refused: see `template delete`.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web db --force --yes',
    '<%= config.bin %> <%= command.id %> 101 --if-exists --yes',
  ]
  static override strict = false
  static override args = {
    instance: Args.string({ required: true, description: 'VMIDs or hostnames.' }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'Stop it first when it runs.' }),
    'if-exists': Flags.boolean({ summary: 'Do not fail when there is no such container.' }),
    purge: Flags.boolean({ summary: 'Remove it from backup jobs, replication and high availability too.' }),
    ...yesFlag,
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { deleteInstance } = await import('../../lib/instance/delete.js')
    const { deletionText } = await import('../../lib/ui/power-text.js')
    const { force, purge, wait, timeout, 'if-exists': ifExists } = this.flags
    await this.confirm(`Delete ${this.rest.join(', ')} and all its disks for good?`)
    const context = await this.services('Deleting')
    return this.forEach({
      references: this.rest,
      verb: 'delete',
      wait,
      run: (reference) => deleteInstance(context, reference, { force, purge, ifExists, wait, timeout }),
      sentence: deletionText(wait),
    })
  }
}
