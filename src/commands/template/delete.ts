import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags, yesFlag } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class TemplateDelete extends ServiceCommand<typeof TemplateDelete> {
  static override summary = 'Delete templates and their disks.'
  static override description =
    `One with linked clones is refused. With --force it is tried all the same: ZFS and Ceph refuse to remove disks that clones need;
clones on LVM-thin and btrfs do not need them. Replicas stay.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9000',
    '<%= config.bin %> <%= command.id %> base old-base --yes',
  ]
  static override args = {
    template: containerArgument({ required: true, multiple: true, description: 'VMIDs or hostnames.' }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'Try it although it has linked clones.' }),
    'if-exists': Flags.boolean({ summary: 'Do not fail when there is no such template.' }),
    purge: Flags.boolean({ summary: 'Remove it from backup jobs, replication and high availability too.' }),
    ...yesFlag,
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { deleteTemplate } = await import('../../lib/template/delete.js')
    const { deletionText } = await import('../../lib/ui/power-text.js')
    const { force, purge, wait, timeout, 'if-exists': ifExists } = this.flags
    await this.confirm(`Delete template ${this.args.template.join(', ')} and all its disks for good?`)
    const context = await this.services('Deleting')
    return this.forEach({
      references: this.args.template,
      verb: 'delete',
      wait,
      run: (reference) => deleteTemplate(context, reference, { force, purge, ifExists, wait, timeout }),
      sentence: deletionText(wait),
    })
  }
}
