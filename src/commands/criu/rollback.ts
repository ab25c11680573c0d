import { Args, Flags } from '@oclif/core'
import { containerArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags, yesFlag } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class CriuRollback extends ServiceCommand<typeof CriuRollback> {
  static override summary = 'Take a container back to a snapshot.'
  static override description =
    `What Proxmox does then is said before it happens: a running container is stopped at once and not started again (unless --start is
given), and everything that was written since the snapshot is lost. Host name, tags, sizes and networks go back too, the description
stays. Where a storage can only go back to its newest snapshot, that is said before anything is tried.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web before-upgrade --start --yes',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
    name: Args.string({ description: 'Name of the snapshot. Default: the newest.' }),
  }
  static override flags = {
    start: Flags.boolean({ summary: 'Start it afterwards.' }),
    ...yesFlag,
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { previewRollback, rollbackInstance } = await import('../../lib/instance/snapshot.js')
    const { rollbackText } = await import('../../lib/ui/snapshot-text.js')
    const { start, wait, timeout } = this.flags
    const context = await this.services('Rolling back')
    const preview = await previewRollback(context, this.args.instance, this.args.name)
    const { vmid, name, node, snapshot, asleep } = preview
    for (const line of rollbackText(preview, start)) this.output.note(line)
    if (asleep !== undefined) {
      this.output.warn(
        `Container ${vmid} (${name}) on node ${node} sleeps in checkpoint ${asleep}: its memory is lost, for it does not fit the disk any more then`,
      )
    }
    await this.confirm(`Roll container ${vmid} (${name}) back to '${snapshot}'?`)
    const outcome = await rollbackInstance(context, String(vmid), snapshot, { start, wait, timeout })
    this.done(
      `${wait ? 'Rolled' : 'Rolling'} container ${vmid} (${name}) on node ${node} back to snapshot '${snapshot}'`,
    )
    if (!wait) this.output.text(outcome.upid)
    return { ...outcome, stopped: preview.running && !start, options: preview.options }
  }
}
