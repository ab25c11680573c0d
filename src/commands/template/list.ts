import { Flags } from '@oclif/core'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class TemplateList extends ServiceCommand<typeof TemplateList> {
  static override summary = 'List templates, and the OS templates that they are made from.'
  static override description =
    'Templates are containers that instances are cloned from; OS templates are archives on storages that containers are created from.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --available --json',
  ]
  static override flags = {
    node: Flags.string({ summary: 'Only those on this node.' }),
    available: Flags.boolean({ summary: 'Also what Proxmox offers for download.' }),
  }

  async run() {
    const { listTemplates } = await import('../../lib/template/list.js')
    const { CONTAINER_COLUMNS } = await import('../../lib/ui/container-text.js')
    const { APPLIANCE_COLUMNS, OS_TEMPLATE_COLUMNS } = await import('../../lib/ui/template-text.js')
    const list = await listTemplates(await this.connect(), this.flags)
    await this.output.table(list.templates, CONTAINER_COLUMNS, { empty: 'No templates.' })
    this.output.text('')
    await this.output.table(list.osTemplates, OS_TEMPLATE_COLUMNS, { empty: 'No OS templates on any storage.' })
    if (list.available !== undefined) {
      this.output.text('')
      await this.output.table(list.available, APPLIANCE_COLUMNS, {
        empty: 'Proxmox offers no OS template for download.',
      })
    }
    return list
  }
}
