import { Flags } from '@oclif/core'
import { CmuxError } from '../../lib/errors.js'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, memoryFlag, sizeFlag, volumeFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class InstanceResize extends ServiceCommand<typeof InstanceResize> {
  static override summary = 'Change the memory and cores of a container, and let a disk grow.'
  static override description = 'Works while it runs. Disks grow only.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 101 --memory 8G --cores 4',
    '<%= config.bin %> <%= command.id %> web --disk 64G',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
  }
  static override flags = {
    memory: memoryFlag({ summary: 'Memory, such as 2048 (MiB) or 2G.' }),
    cores: Flags.integer({ min: 1, max: 8192, summary: 'Number of CPU cores.' }),
    disk: sizeFlag({ unit: 'GiB', summary: 'Size that the disk grows to, such as 64 (GiB) or 64G.' }),
    volume: volumeFlag({
      relationships: [{ type: 'all', flags: ['disk'] }],
      summary: 'The disk that grows. Default: rootfs.',
    }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { resizeInstance } = await import('../../lib/instance/resize.js')
    const { memory, cores, disk: size, volume: name = 'rootfs', wait, timeout } = this.flags
    if (memory === undefined && cores === undefined && size === undefined) {
      throw new CmuxError('usage', 'Nothing to change: say --memory, --cores or --disk')
    }
    const context = await this.services(`Resizing ${this.args.instance}`)
    const outcome = await resizeInstance(context, this.args.instance, {
      wait,
      timeout,
      memory,
      cores,
      disk: size === undefined ? undefined : { name, size },
    })
    const verb = wait ? 'Resized' : 'Resizing'
    this.done(`${verb} container ${outcome.vmid} (${outcome.name}) on node ${outcome.node}`)
    for (const { key, pending } of outcome.pending) this.output.warn(`${key} becomes ${pending} at the next start`)
    if (!wait && outcome.upid !== undefined) this.output.text(outcome.upid)
    return outcome
  }
}
