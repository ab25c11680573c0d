import { readFile } from 'node:fs/promises'
import { Args, Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import {
  addressFlag,
  bridgeFlag,
  dryRunFlag,
  gatewayFlag,
  hostnameFlag,
  memoryFlag,
  sizeFlag,
  tagFlag,
  waitFlags,
} from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class TemplateCreate extends ServiceCommand<typeof TemplateCreate> {
  static override summary = 'Create the container that is to become a template, from an OS template.'
  static override description =
    `An unprivileged container with nesting, or with --criu one that can sleep with its memory, and so can its clones: privileged, without
terminals and console. Prints its VMID. Configure it, then make it a template with \`template convert\`; or do
both at once with --convert. Sizes, storage, bridge and VMID come from the settings unless said here.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> debian-12-standard --download --start',
    '<%= config.bin %> <%= command.id %> local:vztmpl/debian-12-standard_12.7-1_amd64.tar.zst --vmid 9001 --convert',
    '<%= config.bin %> <%= command.id %> alpine-3.20 --vmid 9002 --criu --convert',
  ]
  static override args = {
    'os-template': Args.string({
      description:
        'Volume id, or the beginning of the name, of an OS template (see `template list`). Default: PVE_OSTEMPLATE.',
    }),
  }
  static override flags = {
    vmid: Flags.integer({ min: 100, max: 999_999_999, summary: 'VMID. Default: PVE_TEMPLATE_VMID.' }),
    hostname: hostnameFlag({ summary: 'Hostname. Default: template-VMID.' }),
    node: Flags.string({ summary: 'Node. Default: PVE_NODE, or the online node with the most free memory.' }),
    storage: Flags.string({ summary: 'Storage for its disk. Default: PVE_STORAGE.' }),
    memory: memoryFlag({ summary: 'Memory. Default: PVE_LXC_MEMORY.' }),
    swap: sizeFlag({ unit: 'MiB', least: 0, default: 512, defaultHelp: async () => '512M', summary: 'Swap.' }),
    cores: Flags.integer({ min: 1, max: 8192, summary: 'Number of CPU cores. Default: PVE_LXC_CORES.' }),
    disk: sizeFlag({ unit: 'GiB', summary: 'Size of its disk. Default: PVE_LXC_DISK.' }),
    bridge: bridgeFlag({ summary: 'Bridge for its network. Default: PVE_BRIDGE.' }),
    ip: addressFlag({ default: 'dhcp', summary: 'Address such as 10.0.0.5/24, or dhcp.' }),
    gateway: gatewayFlag({ summary: 'Gateway, with --ip.' }),
    description: Flags.string({ summary: 'Notes.' }),
    tag: tagFlag({ multiple: true, multipleNonGreedy: true, summary: 'Tag; repeat it for several.' }),
    'ssh-public-keys': Flags.file({ exists: true, summary: 'File with public keys that may log in to it as root.' }),
    criu: Flags.boolean({
      summary: 'Make it one that CRIU can freeze and wake: less shut in, for what you trust. Needs Sys.Modify on /.',
    }),
    download: Flags.boolean({ summary: 'Download the OS template when no storage has it.' }),
    start: Flags.boolean({ exclusive: ['convert'], summary: 'Start it, so that it can be configured.' }),
    convert: Flags.boolean({ summary: 'Make it a template at once.' }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { createTemplateContainer } = await import('../../lib/template/create.js')
    const { flags } = this
    const settings = await this.settings()
    const osTemplate = this.args['os-template'] ?? settings.osTemplate
    if (osTemplate === undefined) {
      throw new CmuxError('usage', 'Which OS template? Name one, or set PVE_OSTEMPLATE', {
        hint: 'See `cmux-pve template list --available`.',
      })
    }
    if (!flags.wait && (flags.start || flags.convert)) {
      throw new CmuxError('usage', '--no-wait cannot go with --start or --convert: that is done after the creation')
    }
    const vmid = flags.vmid ?? settings.templateVmid
    const keys = flags['ssh-public-keys']
    const context = await this.services(`Creating container ${vmid}`)
    const created = await createTemplateContainer(context, {
      vmid,
      hostname: flags.hostname ?? `template-${vmid}`,
      osTemplate,
      download: flags.download,
      node: flags.node ?? settings.node,
      storage: flags.storage ?? settings.storage,
      memory: flags.memory ?? settings.container.memory,
      swap: flags.swap,
      cores: flags.cores ?? settings.container.cores,
      disk: flags.disk ?? settings.container.disk,
      bridge: flags.bridge ?? settings.bridge,
      ip: flags.ip,
      gateway: flags.gateway,
      description: flags.description,
      tags: flags.tag ?? [],
      sshPublicKeys: keys === undefined ? undefined : await readFile(keys, 'utf8'),
      criu: flags.criu,
      nextStep: flags.convert ? 'convert' : flags.start ? 'start' : 'stop',
      wait: flags.wait,
      timeout: flags.timeout,
    })
    const what = created.status === 'template' ? 'template' : 'container'
    this.done(
      `${flags.wait ? 'Created' : 'Creating'} ${what} ${vmid} (${created.name}) on node ${created.node} from ${created.osTemplate}`,
    )
    this.output.text(flags.wait ? String(vmid) : created.upid)
    return created
  }
}
