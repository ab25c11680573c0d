import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceStop extends ServiceCommand<typeof InstanceStop> {
  static override summary = 'Stop containers.'
  static override description =
    `Asks each to shut down, and fails with exit code 124 when one does not do so in time: it then keeps running. With --force its
processes are ended at once.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web db --timeout 5m',
    '<%= config.bin %> <%= command.id %> 101 --force',
  ]
  static override args = {
    instance: containerArgument({ required: true, multiple: true, description: 'VMIDs or hostnames.' }),
  }
  static override flags = {
    force: Flags.boolean({ char: 'f', summary: 'End it at once; what is not on disk is lost.' }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { stopInstance } = await import('../../lib/instance/power.js')
    const { powerText } = await import('../../lib/ui/power-text.js')
    const context = await this.services('Stopping')
    return this.forEach({
      references: this.args.instance,
      verb: 'stop',
      wait: this.flags.wait,
      run: (reference) => stopInstance(context, reference, this.flags),
      sentence: powerText('Stopped', 'Stopping', 'is stopped already'),
    })
  }
}
