import { Args, Flags } from '@oclif/core'
import { dryRunFlag, yesFlag } from '../../lib/ui/flags.js'
import { meant, PoolCommand } from '../../lib/ui/pool-command.js'

export default class PoolRemove extends PoolCommand<typeof PoolRemove> {
  static override summary = 'Destroy containers of the pool, also those that are in use or in quarantine.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 201',
    '<%= config.bin %> <%= command.id %> web-1 --yes --json',
  ]
  static override args = {
    container: Args.string({
      multiple: true,
      description: 'VMIDs or hostnames (instance ids). Digits are a VMID. None: the one of --instance-id.',
    }),
  }
  static override flags = {
    'instance-id': Flags.string({
      summary: 'Refuse unless this instance holds it. Without a container: the one that this instance holds.',
    }),
    ...yesFlag,
    ...dryRunFlag,
  }

  async run() {
    const { removalText } = await import('../../lib/ui/pool-text.js')
    const { 'instance-id': instanceId } = this.flags
    await this.confirm(`Destroy ${meant(this.args.container ?? [], instanceId).join(', ')} for good?`)
    return this.changeEach({
      named: this.args.container ?? [],
      instanceId,
      verb: 'remove',
      title: 'Removing',
      call: (vmid) => ({ method: 'DELETE', path: `/containers/${vmid}` }),
      make: (pool, vmid) => pool.remove(vmid, { signal: this.signal, ...(instanceId !== undefined && { instanceId }) }),
      sentence: removalText,
    })
  }
}
