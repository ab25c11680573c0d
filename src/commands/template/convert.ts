import { Args, Flags } from '@oclif/core'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class TemplateConvert extends ServiceCommand<typeof TemplateConvert> {
  static override summary = 'Make a container a template, for good.'
  static override description =
    'A template cannot be started or changed back; clone it to get instances. Always waits: Proxmox gives no task id for this.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9000',
    '<%= config.bin %> <%= command.id %> base --stop',
  ]
  static override args = {
    container: Args.string({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    stop: Flags.boolean({ summary: 'Shut it down first when it runs.' }),
    timeout: waitFlags.timeout,
    ...dryRunFlag,
  }

  async run() {
    const { convertToTemplate } = await import('../../lib/template/convert.js')
    const { stop, timeout } = this.flags
    const context = await this.services(`Converting ${this.args.container}`)
    const { changed, ...template } = await convertToTemplate(context, this.args.container, { stop, timeout })
    const { vmid, name, node } = template
    this.done(`Container ${vmid} (${name}) on node ${node} is a template ${changed ? 'now' : 'already'}`)
    return { ...template, changed }
  }
}
