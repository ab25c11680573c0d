import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceStart extends ServiceCommand<typeof InstanceStart> {
  static override summary = 'Start containers.'
  static override description =
    'A container that runs already is left alone. One that sleeps in a checkpoint is refused: `criu restore` wakes it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101',
    '<%= config.bin %> <%= command.id %> web db 103 --no-wait',
  ]
  static override args = {
    instance: containerArgument({ required: true, multiple: true, description: 'VMIDs or hostnames.' }),
  }
  static override flags = {
    'discard-checkpoint': Flags.boolean({
      summary: 'Start a container that sleeps all the same: afresh, and its memory is lost.',
    }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { startInstance } = await import('../../lib/instance/power.js')
    const { powerText } = await import('../../lib/ui/power-text.js')
    const { wait, timeout, 'discard-checkpoint': discardCheckpoint } = this.flags
    const context = await this.services('Starting')
    return this.forEach({
      references: this.args.instance,
      verb: 'start',
      wait,
      run: (reference) => startInstance(context, reference, { wait, timeout, discardCheckpoint }),
      sentence: powerText('Started', 'Starting', 'runs already'),
    })
  }
}
