import { Args, Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags, yesFlag } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class CriuDeleteSnapshot extends ServiceCommand<typeof CriuDeleteSnapshot> {
  static override summary = 'Delete a snapshot of a container.'
  static override description = 'The container stays as it is. To remove a checkpoint, see `criu delete`.'
  static override examples = ['<%= config.bin %> <%= command.id %> web before-upgrade --yes']
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
    name: Args.string({ required: true, description: 'Name of the snapshot.' }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'Forget it even if the storage cannot remove it.' }),
    ...yesFlag,
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { deleteSnapshot } = await import('../../lib/instance/snapshot.js')
    const { instance, name } = this.args
    await this.confirm(`Delete snapshot '${name}' of ${instance} for good?`)
    const context = await this.services('Deleting a snapshot')
    const outcome = await deleteSnapshot(context, instance, name, this.flags)
    const { vmid, name: hostname, node, upid } = outcome
    this.done(
      `${this.flags.wait ? 'Deleted' : 'Deleting'} snapshot '${name}' of container ${vmid} (${hostname}) on node ${node}`,
    )
    if (!this.flags.wait) this.output.text(upid)
    return outcome
  }
}
