import { containerArgument } from '../../lib/ui/arguments.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceStatus extends ServiceCommand<typeof InstanceStatus> {
  static override summary = 'Show one container: state, addresses, sizes, disks, snapshots, pending changes.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web --json | jq -r .data.addresses[0].address',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }

  async run() {
    const { instanceStatus } = await import('../../lib/instance/status.js')
    const { instanceText } = await import('../../lib/ui/container-text.js')
    const status = await instanceStatus(await this.connect(), this.args.instance)
    for (const line of instanceText(status)) this.output.text(line)
    return status
  }
}
