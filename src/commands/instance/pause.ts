import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, durationFlag } from '../../lib/ui/flags.js'
import { WAYS_OUT } from '../../lib/ui/ways-out.js'

export default class InstancePause extends CriuCommand<typeof InstancePause> {
  static override summary = 'Put a container to sleep with its memory, as the library does; `instance resume` wakes it.'
  static override description =
    `The same as \`criu checkpoint\` with its defaults, keeping one checkpoint. Where CRIU cannot, it fails, says why, and the container
runs on: it is shut down in place of that only with --stop.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web --stop',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    stop: Flags.boolean({ summary: 'Shut it down: what is not on disk is lost.' }),
    timeout: durationFlag({
      default: 600_000,
      defaultHelp: async () => '10m',
      summary: 'How long a shutdown may take.',
    }),
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { providerOn } = await import('../../lib/provider/provider.js')
    const { templateVmid: template } = await this.settings()
    const { stop, timeout } = this.flags
    const provider = providerOn(await this.criu('Pausing'), { template }, WAYS_OUT)
    const instance = await provider.pauseInstance(this.args.instance, { pause: stop ? 'stop' : 'checkpoint', timeout })
    const { id, name, node, status } = instance
    this.done(`Container ${id} (${name}) on node ${node} is ${status}`)
    return instance
  }
}
