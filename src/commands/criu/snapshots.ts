import { containerArgument } from '../../lib/ui/arguments.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class CriuSnapshots extends ServiceCommand<typeof CriuSnapshots> {
  static override summary = 'List the snapshots of a container, the oldest first.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> 101 --json',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }

  async run() {
    const { listSnapshots } = await import('../../lib/instance/snapshot.js')
    const { snapshotColumns } = await import('../../lib/ui/snapshot-text.js')
    const context = await this.services('Listing')
    const list = await listSnapshots(context, this.args.instance)
    this.progress?.end()
    await this.output.table(list.snapshots, snapshotColumns(list), { empty: 'No snapshots.' })
    return list
  }
}
