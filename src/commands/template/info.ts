import { containerArgument } from '../../lib/ui/arguments.js'
import { BaseCommand } from '../../lib/ui/base-command.js'

export default class TemplateInfo extends BaseCommand<typeof TemplateInfo> {
  static override summary = 'Show one template: sizes, disks, what its storage can do, linked clones, replicas.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> base --json']
  static override args = {
    template: containerArgument({ description: 'VMID or hostname. Default: PVE_TEMPLATE_VMID.' }),
  }

  async run() {
    const { templateInfo } = await import('../../lib/template/info.js')
    const { templateText } = await import('../../lib/ui/container-text.js')
    const reference = this.args.template ?? String((await this.settings()).templateVmid)
    const info = await templateInfo(await this.connect(), reference)
    for (const line of templateText(info)) this.output.text(line)
    return info
  }
}
