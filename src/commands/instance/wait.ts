import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { durationFlag } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceWait extends ServiceCommand<typeof InstanceWait> {
  static override summary = 'Wait until a container runs, is stopped, or has an address.'
  static override description = 'With `--for ip` prints the first address. Exit code 124 when the time is up.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101 --for running',
    'ip=$(<%= config.bin %> <%= command.id %> web --for ip --timeout 30s)',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    for: Flags.option({ options: ['running', 'stopped', 'ip'] as const })({
      default: 'running',
      summary: 'What to wait for.',
    }),
    timeout: durationFlag({
      default: 90_000,
      defaultHelp: async () => '90s',
      summary: 'How long to wait, such as 90s or 5m.',
    }),
  }

  async run() {
    const { waitForInstance } = await import('../../lib/instance/wait.js')
    const { for: goal, timeout } = this.flags
    const context = await this.services(`Waiting for ${this.args.instance}`)
    const outcome = await waitForInstance(context, this.args.instance, goal, timeout)
    const [first] = outcome.addresses
    this.done(`Container ${outcome.vmid} (${outcome.name}) on node ${outcome.node} is ${outcome.status}`)
    if (goal === 'ip' && first !== undefined) this.output.text(first.address)
    return outcome
  }
}
