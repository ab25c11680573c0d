import { Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class TemplateReplicate extends ServiceCommand<typeof TemplateReplicate> {
  static override summary = 'Copy a template, so that more clones of it can be made at once.'
  static override description =
    `Proxmox lets one clone at a time read a template. Replicas are full copies, templates themselves and tagged cmux-tVMID;
\`instance clone\` uses them like the template. Prints their VMIDs. Always waits: each is made in several steps.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> 9000 --count 3',
    '<%= config.bin %> <%= command.id %> base --node pve2 --storage local-lvm',
  ]
  static override args = {
    template: containerArgument({ description: 'VMID or hostname. Default: PVE_TEMPLATE_VMID.' }),
  }
  static override flags = {
    count: Flags.integer({ default: 1, min: 1, max: 64, summary: 'How many replicas to make.' }),
    storage: Flags.string({ summary: "Storage for their disks. Default: the template's." }),
    node: Flags.string({ summary: "Node that they shall be on. Default: the template's." }),
    timeout: waitFlags.timeout,
    ...dryRunFlag,
  }

  async run() {
    const { replicateTemplate } = await import('../../lib/template/replicate.js')
    const { count, storage, node, timeout } = this.flags
    const reference = this.args.template ?? String((await this.settings()).templateVmid)
    const context = await this.services(`Replicating ${reference}`)
    const outcome = await replicateTemplate(context, reference, { count, storage, node, timeout })
    this.done(`Replicas of template ${outcome.template.vmid} made: ${outcome.replicas.length}`)
    for (const { vmid } of outcome.replicas) this.output.text(String(vmid))
    return outcome
  }
}
