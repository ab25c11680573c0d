import { Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, hostnameFlag, memoryFlag, sizeFlag, tagFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceClone extends ServiceCommand<typeof InstanceClone> {
  static override summary = 'Make an instance: clone a template.'
  static override description =
    `Makes a linked clone where the storage can, else a full copy, and says so. Prints the VMID of the clone. While others clone the same
template it waits for its turn; copies made with \`template replicate\` are used as well.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> 9000 --hostname web --memory 2G --cores 2 --start',
    'vmid=$(<%= config.bin %> <%= command.id %> base)',
  ]
  static override args = {
    source: containerArgument({
      description: 'VMID or hostname of a template or a stopped container. Default: PVE_TEMPLATE_VMID.',
    }),
  }
  static override flags = {
    vmid: Flags.integer({ min: 100, max: 999_999_999, summary: 'VMID of the clone. Default: the next free one.' }),
    hostname: hostnameFlag({ summary: "Hostname of the clone. Default: the source's with the VMID behind it." }),
    description: Flags.string({ summary: "Notes. Default: the source's." }),
    tag: tagFlag({
      multiple: true,
      multipleNonGreedy: true,
      summary: "Tag in place of the source's; repeat it for several.",
    }),
    full: Flags.boolean({ summary: 'Make a full copy even where a linked clone can be made.' }),
    storage: Flags.string({ summary: 'Storage for a full copy.' }),
    node: Flags.string({ summary: 'Node that the clone shall be on.' }),
    memory: memoryFlag({ summary: 'Memory, such as 2048 (MiB) or 2G.' }),
    cores: Flags.integer({ min: 1, max: 8192, summary: 'Number of CPU cores.' }),
    disk: sizeFlag({ unit: 'GiB', summary: 'Size that the root disk grows to, such as 16 (GiB) or 16G.' }),
    start: Flags.boolean({ summary: 'Start it.' }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { cloneInstance } = await import('../../lib/instance/clone.js')
    const { source, flags } = { ...this.args, flags: this.flags }
    const later = (['memory', 'cores', 'disk', 'start', 'tag'] as const).filter((name) => flags[name])
    if (!flags.wait && later.length > 0) {
      throw new CmuxError('usage', `--no-wait cannot go with --${later.join(', --')}: that is done after the clone`)
    }
    const from = source ?? String((await this.settings()).templateVmid)
    const context = await this.services(`Cloning ${from}`)
    const { tag: tags, 'dry-run': _dryRun, json: _json, 'env-file': _envFile, ...request } = flags
    const clone = await cloneInstance(context, { source: from, ...request, tags })
    const verb = clone.status === undefined ? 'Cloning' : 'Cloned'
    this.done(
      `${verb} ${clone.source.vmid} to container ${clone.vmid} (${clone.name}) on node ${clone.node} (${clone.kind} clone${clone.status === 'running' ? ', running' : ''})`,
    )
    this.output.text(clone.status === undefined ? clone.upid : String(clone.vmid))
    return clone
  }
}
