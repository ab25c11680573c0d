import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { CriuCommand, nodeFlags } from '../../lib/ui/criu-command.js'
import { dryRunFlag, durationFlag } from '../../lib/ui/flags.js'
import { WAYS_OUT } from '../../lib/ui/ways-out.js'

export default class InstanceResume extends CriuCommand<typeof InstanceResume> {
  static override summary = 'Wake a container that was paused, with its memory.'
  static override description =
    `The same as \`criu restore\` with its defaults. One that runs is left alone. One that is stopped without a checkpoint is refused, and booted
only with --boot.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web --boot',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    boot: Flags.boolean({ summary: 'Boot it when it was stopped without its memory.' }),
    timeout: durationFlag({ default: 600_000, defaultHelp: async () => '10m', summary: 'How long a boot may take.' }),
    ...nodeFlags,
    ...dryRunFlag,
  }

  async run() {
    const { providerOn } = await import('../../lib/provider/provider.js')
    const { templateVmid: template } = await this.settings()
    const { boot, timeout } = this.flags
    const provider = providerOn(await this.criu('Resuming'), { template }, WAYS_OUT)
    const instance = await provider.resumeInstance(this.args.instance, { pause: boot ? 'stop' : 'checkpoint', timeout })
    const { id, name, node } = instance
    this.done(`Container ${id} (${name}) on node ${node} runs`)
    return instance
  }
}
