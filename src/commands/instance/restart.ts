import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceRestart extends ServiceCommand<typeof InstanceRestart> {
  static override summary = 'Restart containers.'
  static override description =
    'Each is shut down, by force when it does not do so in time, and started again. A stopped one is started.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web db --json',
  ]
  static override args = {
    instance: containerArgument({ required: true, multiple: true, description: 'VMIDs or hostnames.' }),
  }
  static override flags = { ...waitFlags, ...dryRunFlag }

  async run() {
    const { restartInstance } = await import('../../lib/instance/power.js')
    const { powerText } = await import('../../lib/ui/power-text.js')
    const context = await this.services('Restarting')
    return this.forEach({
      references: this.args.instance,
      verb: 'restart',
      wait: this.flags.wait,
      run: (reference) => restartInstance(context, reference, this.flags),
      sentence: powerText('Restarted', 'Restarting', 'runs already'),
    })
  }
}
