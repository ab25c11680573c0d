import { Flags } from '@oclif/core'
import { systemClock } from '../../lib/clock.js'
import { containerArgument, newSnapshotArgument } from '../../lib/ui/arguments.js'
import { dryRunFlag, waitFlags } from '../../lib/ui/flags.js'
import { ServiceCommand } from '../../lib/ui/service-command.js'

export default class CriuSnapshot extends ServiceCommand<typeof CriuSnapshot> {
  static override summary = "Take a snapshot of a container's disks and configuration."
  static override description =
    `Memory is no part of it: that is what \`criu checkpoint\` keeps. Storages that have no snapshots of containers are named before
anything is tried. A snapshot of a stopped container is the better one: after a rollback to one of a running container the first
start may take 46 s longer.`
  static override examples = [
    '<%= config.bin %> <%= command.id %> web',
    '<%= config.bin %> <%= command.id %> web before-upgrade --description "libc 2.41"',
  ]
  static override args = {
    instance: containerArgument({ required: true, description: 'VMID or hostname.' }),
    name: newSnapshotArgument({ description: 'Name of the snapshot. Default: from the time, snap-20261122-061500.' }),
  }
  static override flags = {
    description: Flags.string({ summary: 'What it is for.' }),
    ...waitFlags,
    ...dryRunFlag,
  }

  async run() {
    const { snapshotInstance } = await import('../../lib/instance/snapshot.js')
    const { snapshotName } = await import('../../lib/instance/snapshot-plan.js')
    const { instance, name = snapshotName(systemClock.now()) } = this.args
    const context = await this.services('Taking a snapshot')
    const outcome = await snapshotInstance(context, instance, name, this.flags)
    const { vmid, name: hostname, node, snapshot, upid } = outcome
    this.done(
      `${this.flags.wait ? 'Took' : 'Taking'} snapshot '${snapshot}' of container ${vmid} (${hostname}) on node ${node}`,
    )
    if (!this.flags.wait) this.output.text(upid)
    return outcome
  }
}
